"""The shipped OpenAPI description of V2 REST, for the models that one server has: /v2/docs/dataplane.json.

The server makes it once at start; `openapi.yaml` beside this module holds everything but the names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml
from churn_models.feature_schema import FeatureSchema
from churn_models.numeric_feature import NumericFeature
from churn_models.outputs import PROBABILITY

from churn_runtimes.v2.contributions import TOP_REASONS, Explained

Document = dict[str, Any]

_TOP = 3


@dataclass(frozen=True)
class Served:
    """What one server has: `models` has the ensemble first, `outputs` and `explained` are the ensemble's."""

    models: Sequence[str]
    version: str | None
    schema: FeatureSchema
    outputs: Sequence[str]
    explained: Sequence[Explained]


def dataplane_document(served: Served) -> Document:
    """The description. Requests that work are its examples."""
    document: Document = yaml.safe_load((files("churn_runtimes") / "openapi.yaml").read_text(encoding="utf-8"))
    parameters = document["components"]["parameters"]
    parameters["Model"]["schema"]["enum"] = list(served.models)
    if served.version:
        parameters["Version"]["schema"]["enum"] = [served.version]
    else:
        _drop_versions(document)
    for path, operations in document["paths"].items():
        if path.endswith("/infer"):
            operations["post"]["requestBody"]["content"]["application/json"]["examples"] = _examples(served)
            answered = operations["post"]["responses"]["200"]["content"]["application/json"]
            answered["examples"] = _answers(served)
    return document


def _drop_versions(document: Document) -> None:
    """A server of a bundle without a registered version has none to ask for."""
    document["paths"] = {path: it for path, it in document["paths"].items() if "{version}" not in path}
    del document["components"]["parameters"]["Version"]


def _examples(served: Served) -> Document:
    columns = [
        {"name": feature.name, "shape": [1], "datatype": "FP64", "data": [0.0]}
        if isinstance(feature, NumericFeature)
        else {"name": feature.name, "shape": [1], "datatype": "BYTES", "data": [feature.categories[0]]}
        for feature in served.schema.features
    ]
    width = len(served.schema.features)
    matrix = {"name": "rows", "shape": [1, width], "datatype": "FP32", "data": [0.0] * width}
    examples = {
        "columns": _example("One customer, a tensor per feature", "1", columns),
        "matrix": _example("One customer, encoded features", "2", [matrix]),
        "outputs": _example("Everything that is scored", "3", [matrix], outputs=_named(served.outputs)),
    }
    if served.explained:
        part, top = served.explained[0], {TOP_REASONS: min(_TOP, len(served.schema.scored_names))}
        reasons = _named([PROBABILITY, part.top_reasons])
        examples |= {
            "reasons": _example("The score and its largest reasons", "4", [matrix], outputs=reasons, parameters=top),
            "contributions": _example(
                "What each feature has added", "5", [matrix], outputs=_named([part.contributions])
            ),
        }
    return examples


def _answers(served: Served) -> Document:
    """To the first of the requests, and to the one for reasons."""
    score = {"name": PROBABILITY, "shape": [1], "datatype": "FP64", "data": [0.62]}
    head = {"model_name": served.models[0]} | ({"model_version": served.version} if served.version else {})
    answers = {"columns": {"summary": "Its score", "value": {**head, "id": "1", "outputs": [score]}}}
    if served.explained:
        part, top = served.explained[0], min(_TOP, len(served.schema.scored_names))
        names = {
            "name": part.top_reasons,
            "shape": [1, top],
            "datatype": "BYTES",
            "data": list(served.schema.scored_names[:top]),
        }
        values = {"name": part.contributions, "shape": [1, top], "datatype": "FP64", "data": [0.21, -0.08, 0.05][:top]}
        answered = {**head, "id": "4", "outputs": [score, names, values]}
        answers["reasons"] = {"summary": "The score and its largest reasons", "value": answered}
    return answers


def _example(summary: str, identity: str, inputs: Sequence[Document], **fields: Any) -> Document:
    return {"summary": summary, "value": {"id": identity, "inputs": list(inputs), **fields}}


def _named(outputs: Sequence[str]) -> list[Document]:
    return [{"name": name} for name in outputs]
