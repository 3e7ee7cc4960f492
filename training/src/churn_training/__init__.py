"""The training Job: load ▸ validate ▸ split ▸ fit ▸ evaluate ▸ gate ▸ publish. The only importer of mlflow."""
