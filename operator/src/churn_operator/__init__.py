"""The operator that rolls ChurnModels out. The only importer of kopf and of the Kubernetes client."""
