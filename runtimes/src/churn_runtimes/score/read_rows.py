"""One batch of a table as the encoding takes it, and what is wrong with its cells in the words of training."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from churn_models.check_column import Rows, check_numbers, word_faults
from churn_models.encoding import Column
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema
from churn_models.tables.arrow_cells import cells_of, numbers_of


@dataclass(frozen=True)
class ReadRows:
    """`columns` for `encode`, with NaN for what is no number; `faults` are those of each feature that has any."""

    columns: Mapping[str, Column]
    faults: Mapping[str, Mapping[str, Rows]]


def read_rows(schema: FeatureSchema, cells: Mapping[str, pa.Array], decimal: str) -> ReadRows:
    """`cells` are the features' columns by name; what is missing is a fault where the schema allows it, too."""
    read = {feature.name: _read(schema, feature, cells[feature.name], decimal) for feature in schema.features}
    return ReadRows(
        {name: column for name, (column, _) in read.items()},
        {name: faults for name, (_, faults) in read.items() if faults},
    )


def _read(schema: FeatureSchema, feature: Feature, column: pa.Array, decimal: str) -> tuple[Column, dict[str, Rows]]:
    if isinstance(feature, CategoricalFeature):
        cells = cells_of(column)
        return cells, word_faults(cells, schema.vocabularies[feature.name], nullable=False)
    numbers, wrong = numbers_of(column, schema.missing_markers, decimal)
    return numbers, check_numbers(numbers, wrong, feature.model_copy(update={"nullable": False})).faults
