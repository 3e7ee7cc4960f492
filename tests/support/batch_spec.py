"""spec.batch as tests ask for it: Parquet files in a volume, shared by three pods, every night."""

from support.kube_client import Object

BATCH: Object = {
    "schedule": "15 3 * * *",
    "input": "customers/*.parquet",
    "output": "scores",
    "volumeClaim": "tables",
    "parallelism": 3,
}
