"""A registered model asked by Spark in local mode: `score_by_spark.py MODEL_URI IN.parquet OUT.parquet`.

A process of its own, as a user's is: its JVM, sockets and warnings end with it. Beside each score it writes whether
the compiled evaluator scored it.
"""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import mlflow
import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import BooleanType

_OPTIONS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.ui.enabled": "false",
}


def compiled_alone(score: Any) -> Callable[[Iterator[tuple[pd.Series, ...]]], Iterator[pd.Series]]:
    """The same function as MLflow gives Spark, and in place of each score what its Python worker holds."""

    def told(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.Series]:
        for scores in score(batches):
            held = [one for one in gc.get_objects() if type(one).__name__ == "Evaluator"]
            yield pd.Series([bool(held) and all(one.table and not one.stock for one in held)] * len(scores))

    return told


def main(model: str, source: str, destination: str) -> None:
    """With the lines of README."""
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    builder = SparkSession.builder.master("local[2]")
    for name, value in _OPTIONS.items():
        builder = builder.config(name, value)
    with builder.getOrCreate() as spark:
        score = mlflow.pyfunc.spark_udf(spark, model, env_manager="local")
        told: Any = pandas_udf(compiled_alone(score.__wrapped__.func), BooleanType())
        customers = spark.read.parquet(source).repartition(2)
        features = score.__wrapped__.metadata.get_input_schema().input_names()
        scored = customers.select("customerID", score().alias("churn_probability"), told(*features).alias("compiled"))
        scored.toPandas().to_parquet(destination, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
