"""What models say of their tensors in V2's metadata: ours of columns by name, single members of the matrix.

What V2 has no field for is in the parameters: a feature's categories, requests that the model answers, and outputs that
come only to who asks for them.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from churn_models.example_request import example_request
from churn_models.feature_schema import Feature, FeatureSchema
from churn_models.member_kind import MemberKind
from churn_models.numeric_feature import NumericFeature
from churn_models.outputs import DECISION
from mlserver import types
from mlserver.types import MetadataModelResponse, MetadataTensor, Parameters

from churn_runtimes.v2.contributions import TOP_REASONS, Explained
from churn_runtimes.v2.datatype import Datatype

_CLASS = ("predict", Datatype.INT64, [-1, 1])
_TOP = 3
_BOTH_PROBABILITIES = ("predict_proba", Datatype.FP64, [-1, 2])

_MEMBER_OUTPUTS = {
    MemberKind.RANDOM_FOREST: (_CLASS, _BOTH_PROBABILITIES),
    MemberKind.LOGISTIC_REGRESSION: (_CLASS, _BOTH_PROBABILITIES),
    MemberKind.XGBOOST: (_CLASS, ("predict_proba", Datatype.FP32, [-1, 2])),
    MemberKind.LIGHTGBM: (("predict", Datatype.FP64, [-1, 1]),),
    MemberKind.CATBOOST: (_CLASS,),
}
"""The forms of the stock runtimes, each its own."""


def column_tensors(schema: FeatureSchema) -> list[MetadataTensor]:
    """One input per feature, by name.

    FP32, because that is what a number is rounded to before it is scored. `[rows, 1]`, because generators of load take
    the first dimension for the batch and need another one; `[rows]` is read as well.
    """
    return [_column(feature) for feature in schema.features]


def score_tensors(names: Sequence[str]) -> list[MetadataTensor]:
    """Outputs of an ensemble, one value per row: decisions are truths, the others probabilities."""
    return [_tensor(name, Datatype.BOOL if name == DECISION else Datatype.FP64, [-1]) for name in names]


def matrix_tensors(schema: FeatureSchema) -> list[MetadataTensor]:
    """The one input of encoded features, in schema order."""
    return [_tensor("features", Datatype.FP32, [-1, len(schema.features)])]


def member_output_tensors(kind: MemberKind) -> list[MetadataTensor]:
    """What a member's stock runtime answers."""
    return [_tensor(*form) for form in _MEMBER_OUTPUTS[kind]]


def with_examples(
    metadata: MetadataModelResponse, schema: FeatureSchema, explained: Sequence[Explained]
) -> MetadataModelResponse:
    """The metadata with bodies of example requests among the parameters, and the outputs that give reasons.

    These are not among `outputs`: generators of load ask for all of them, and would measure explanations.
    """
    example = example_request(schema)
    given: dict[str, Any] = {"example_request": example}
    if explained:
        top = {TOP_REASONS: min(_TOP, len(schema.scored_names))}
        named = [{"name": explained[0].top_reasons}]
        given["example_request_with_reasons"] = {**example, "outputs": named, "parameters": top}
        width = len(schema.scored_names)
        given["reasons"] = [tensor for part in explained for tensor in _reason_tensors(part, width)]
    return metadata.model_copy(update={"parameters": Parameters(**given)})


def _reason_tensors(part: Explained, features: int) -> list[dict[str, object]]:
    return [
        {"name": part.contributions, "datatype": Datatype.FP64.value, "shape": [-1, features + 1]},
        {"name": part.top_reasons, "datatype": Datatype.BYTES.value, "shape": [-1, -1]},
    ]


def with_text_parameters(metadata: MetadataModelResponse) -> MetadataModelResponse:
    """For gRPC, whose parameters hold no lists: these are JSON text there."""
    inputs = [tensor.model_copy(update={"parameters": _as_text(tensor.parameters)}) for tensor in metadata.inputs or ()]
    return metadata.model_copy(update={"inputs": inputs, "parameters": _as_text(metadata.parameters)})


def _column(feature: Feature) -> MetadataTensor:
    if isinstance(feature, NumericFeature):
        return _tensor(feature.name, Datatype.FP32, [-1, 1])
    tensor = _tensor(feature.name, Datatype.BYTES, [-1, 1])
    return tensor.model_copy(update={"parameters": Parameters(categories=list(feature.categories))})


def _as_text(parameters: Parameters | None) -> Parameters | None:
    if parameters is None:
        return None
    values = parameters.model_dump(exclude_none=True)
    simple = {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in values.items()}
    return Parameters(**simple)


def _tensor(name: str, datatype: Datatype, shape: list[int]) -> MetadataTensor:
    return MetadataTensor(name=name, datatype=types.Datatype(datatype), shape=shape)
