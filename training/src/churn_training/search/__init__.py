"""The laboratory: `python -m churn_training search` tries ensembles, and proves which one to take."""
