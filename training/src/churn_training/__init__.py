"""The training Job: load ▸ validate ▸ split ▸ fit ▸ evaluate ▸ gate ▸ publish. The only importer of mlflow."""

from churn_models.passive_threads import wait_passively

wait_passively()
