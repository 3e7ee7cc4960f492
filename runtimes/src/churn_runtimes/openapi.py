"""The shipped OpenAPI description of V2 REST, for the models that one server has: /v2/docs/dataplane.json.

The server makes it once at start; `openapi.yaml` beside this module holds everything but the names.
"""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import yaml
from churn_models.feature_schema import FeatureSchema, NumericFeature

Document = dict[str, Any]


def dataplane_document(*, models: Sequence[str], version: str | None, schema: FeatureSchema) -> Document:
    """The description; `models` has the ensemble first. Requests that work are its examples."""
    document: Document = yaml.safe_load((files("churn_runtimes") / "openapi.yaml").read_text(encoding="utf-8"))
    parameters = document["components"]["parameters"]
    parameters["Model"]["schema"]["enum"] = list(models)
    if version:
        parameters["Version"]["schema"]["enum"] = [version]
    else:
        _drop_versions(document)
    for path, operations in document["paths"].items():
        if path.endswith("/infer"):
            operations["post"]["requestBody"]["content"]["application/json"]["examples"] = _examples(schema)
    return document


def _drop_versions(document: Document) -> None:
    """A server of a bundle without a registered version has none to ask for."""
    document["paths"] = {path: it for path, it in document["paths"].items() if "{version}" not in path}
    del document["components"]["parameters"]["Version"]


def _examples(schema: FeatureSchema) -> Document:
    columns = [
        {"name": feature.name, "shape": [1], "datatype": "FP64", "data": [0.0]}
        if isinstance(feature, NumericFeature)
        else {"name": feature.name, "shape": [1], "datatype": "BYTES", "data": [feature.categories[0]]}
        for feature in schema.features
    ]
    width = len(schema.features)
    matrix = {"name": "rows", "shape": [1, width], "datatype": "FP32", "data": [0.0] * width}
    return {
        "columns": {"summary": "One customer, a tensor per feature", "value": {"id": "1", "inputs": columns}},
        "matrix": {"summary": "One customer, encoded features", "value": {"id": "2", "inputs": [matrix]}},
    }
