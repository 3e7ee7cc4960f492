"""The drift sidecar: `python -m churn_runtimes drift` counts what the server's tap sends, judges it, and tells both."""
