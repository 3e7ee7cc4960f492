"""Rows that Spark scores for a second of processor time: `spark_udf.py MODEL_URI IN.parquet CORE`, one core, in JSON.

The processor time is that of the JVM and its Python workers, which all belong to this process' session; a first run
over the same rows pays for their start and for loading the model.
"""

import json
import os
import sys
import time
from pathlib import Path

import mlflow
from pyspark.sql import SparkSession
from pyspark.sql.functions import sum as total

_OPTIONS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.ui.enabled": "false",
}


def cpu_seconds() -> float:
    """Of all processes of this session, ended children included."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = process.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[3]) == os.getsid(0):
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def main(model: str, source: str, core: str) -> None:
    """Score all rows twice and tell of the second time."""
    os.sched_setaffinity(0, {int(core)})
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1", "OMP_NUM_THREADS": "1"}
    builder = SparkSession.builder.master("local[1]")
    for name, value in _OPTIONS.items():
        builder = builder.config(name, value)
    with builder.getOrCreate() as spark:
        score = mlflow.pyfunc.spark_udf(spark, model, env_manager="local")
        customers = spark.read.parquet(source)
        rows = customers.count()
        for _ in range(2):
            began, used = time.monotonic(), cpu_seconds()
            customers.select(score().alias("churn_probability")).agg(total("churn_probability")).collect()
            used, seconds = cpu_seconds() - used, time.monotonic() - began
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu_seconds": used, "rss_mib": 0.0}))


if __name__ == "__main__":
    main(*sys.argv[1:])
