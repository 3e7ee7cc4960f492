"""The operator that rolls ChurnModels out on Kubernetes.

Nothing of it is built yet: this package only holds the name, and the place in the import contracts.
"""
