"""What `mlflow.pyfunc.load_model` runs: MLflow copies this file beside the bundle (models from code, no pickle).

It takes the frame that `pd.read_csv` gives and answers P(churn) as training would, or says why it cannot: pandas reads
`None` and `NA` as gaps, `01` as 1 and `True` as a truth. Serving never fetches or runs it.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow.models
import numpy as np
import pandas as pd
from churn_models.bundle import open_bundle
from churn_models.encoding import Column, encode
from churn_models.errors import EncodingError
from churn_models.feature_schema import CategoricalFeature, FeatureSchema
from churn_models.outputs import Outputs
from churn_models.scoring.fastest import load_fastest
from churn_models.spelling import match_names, number_key
from mlflow.pyfunc.model import PythonModel
from numpy.typing import NDArray

_READ_AS_GAPS = frozenset(
    {
        *("#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>"),
        *("N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    }
)
"""The words of `na_values` in the documentation of pandas.read_csv."""
_REMEDY = "read the file with pd.read_csv(…, dtype=str, keep_default_na=False)"


class ChurnEnsemble(PythonModel):
    """The bundle behind MLflow's own interface."""

    def load_context(self, context: Any) -> None:
        """Verify and load the bundle that MLflow unpacked."""
        bundle = open_bundle(Path(context.artifacts["bundle"]))
        self._schema = bundle.schema()
        self._outputs = Outputs.of(bundle)
        self._scorer = load_fastest(bundle)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> NDArray[Any] | pd.DataFrame:
        """P(churn) `[rows]`; columns that are no feature are ignored, words that are no category warned of.

        `params={"outputs": ["decision", …]}` asks for others: one is an array, several are a frame.
        Raises OutputUnknown, and EncodingError where pandas has lost what the file said.
        """
        wanted = self._outputs.wanted(list((params or {}).get("outputs", ())))
        columns = {str(name): model_input[name].to_numpy() for name in model_input.columns}
        check_what_pandas_read(self._schema, columns)
        encoded = encode(self._schema, columns)
        _warn_of_unseen(encoded.unseen)
        values = self._outputs.values(wanted, self._scorer.score(encoded.matrix))
        return values[wanted[0]] if len(wanted) == 1 else pd.DataFrame(values)


def check_what_pandas_read(schema: FeatureSchema, columns: Mapping[str, Column]) -> None:
    """Raises EncodingError where values may have been one category or another, or none, and nobody knows any more."""
    given = match_names(schema.names, columns)
    for feature in schema.features:
        if isinstance(feature, CategoricalFeature) and feature.name in given:
            values = np.asarray(columns[given[feature.name]])
            if (lost := _lost(feature, values)) and schema.vocabularies[feature.name].place(None) < 0:
                raise EncodingError(f"column {feature.name}: gaps that may have been {' or '.join(lost)}; {_REMEDY}")
            if (alike := _alike(feature)) and _holds_numbers(values):
                raise EncodingError(f"column {feature.name}: numbers that {' and '.join(alike)} both are; {_REMEDY}")


def _lost(feature: CategoricalFeature, values: NDArray[Any]) -> list[str]:
    words = [category for category in feature.categories if category in _READ_AS_GAPS]
    return words if words and pd.isna(values).any() else []


def _alike(feature: CategoricalFeature) -> list[str]:
    keys = [number_key(category) or category.casefold() for category in feature.categories]
    return [category for category, key in zip(feature.categories, keys, strict=True) if keys.count(key) > 1]


def _holds_numbers(values: NDArray[Any]) -> bool:
    # Of a large file pandas reads each part by itself: one column may hold numbers beside texts.
    mixed = values.dtype.kind == "O" and any(not isinstance(value, str) and not pd.isna(value) for value in values)
    return values.dtype.kind in "fiub" or mixed


def _warn_of_unseen(unseen: Mapping[str, int]) -> None:
    for name, count in unseen.items():
        warnings.warn(f"column {name}: {count} values are no category and are scored as missing", stacklevel=3)


mlflow.models.set_model(ChurnEnsemble())
