"""Validated customers into a table of PostgreSQL, which then holds exactly them."""

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
from churn_models.feature_schema import FeatureSchema
from churn_models.numeric_feature import NumericFeature
from churn_models.tables.csv_bytes import csv_bytes
from churn_models.tables.postgresql import replace_rows
from churn_models.tables.postgresql_url import PostgresqlTable

from churn_training.progress import progress

_ROWS = 50_000


def ingest(table: PostgresqlTable, schema: FeatureSchema, frame: pd.DataFrame) -> None:
    """Replace the rows of the table, in one transaction. Raises DataUnreadable."""
    parts = (frame.iloc[start : start + _ROWS] for start in range(0, len(frame), _ROWS))
    replace_rows(table, _columns(schema, frame), _as_csv(schema, progress(parts, len)))


def _as_csv(schema: FeatureSchema, parts: Iterator[pd.DataFrame]) -> Iterator[bytes]:
    for part in parts:
        yield csv_bytes(pa.Table.from_pandas(part.loc[:, list(schema.columns)], preserve_index=False))


def _columns(schema: FeatureSchema, frame: pd.DataFrame) -> dict[str, str]:
    kinds = {feature.name: "double precision" for feature in schema.features if isinstance(feature, NumericFeature)}
    if schema.time:
        moments = isinstance(frame[schema.time].dtype, pd.DatetimeTZDtype)
        kinds[schema.time] = "timestamptz" if moments else "double precision"
    if schema.treated:
        kinds[schema.treated] = "boolean"
    if schema.identity:
        kinds[schema.identity] = "text PRIMARY KEY"
    return {name: kinds.get(name, "text") for name in schema.columns}
