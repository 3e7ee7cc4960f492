"""What models say of their tensors in V2's metadata: ours of columns by name, single members of the matrix."""

from collections.abc import Sequence

from churn_models.feature_schema import Feature, FeatureSchema, NumericFeature
from churn_models.member_kind import MemberKind
from mlserver import types
from mlserver.types import MetadataTensor

from churn_runtimes.v2.datatype import Datatype

_CLASS = ("predict", Datatype.INT64, [-1, 1])
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
    """One input per feature, by name."""
    return [_column(feature) for feature in schema.features]


def score_tensors(names: Sequence[str]) -> list[MetadataTensor]:
    """Outputs that are probabilities, one per row."""
    return [_tensor(name, Datatype.FP64, [-1]) for name in names]


def matrix_tensors(schema: FeatureSchema) -> list[MetadataTensor]:
    """The one input of encoded features, in schema order."""
    return [_tensor("features", Datatype.FP32, [-1, len(schema.features)])]


def member_output_tensors(kind: MemberKind) -> list[MetadataTensor]:
    """What a member's stock runtime answers."""
    return [_tensor(*form) for form in _MEMBER_OUTPUTS[kind]]


def _column(feature: Feature) -> MetadataTensor:
    return _tensor(feature.name, Datatype.FP64 if isinstance(feature, NumericFeature) else Datatype.BYTES, [-1])


def _tensor(name: str, datatype: Datatype, shape: list[int]) -> MetadataTensor:
    return MetadataTensor(name=name, datatype=types.Datatype(datatype), shape=shape)
