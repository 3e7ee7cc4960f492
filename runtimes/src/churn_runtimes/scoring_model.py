"""What all models of ours have in common as MLServer sees them: V2 tensors in, P(churn) out.

Where the scores come from is each model's own: all members here, one member here, or members in other pods.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import Feature, FeatureSchema, NumericFeature
from mlserver import MLModel
from mlserver.errors import MLServerError
from mlserver.types import Datatype, InferenceRequest, InferenceResponse, MetadataTensor, Parameters, ResponseOutput

from churn_runtimes.infer_request import MEMBER_PREFIX, PROBABILITY, decode_rows, wanted_outputs


class ScoringModel(MLModel):  # type: ignore[misc]  # mlserver is untyped
    """A model of one bundle; `load` must call `_describe`."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer `churn_probability`, or the outputs that the request names, each FP64 `[rows]`."""
        names = wanted_outputs(payload, self._members)
        scores = await self._score(decode_rows(self._schema, payload))
        values = _by_output(scores)
        if absent := [name for name in names if name not in values]:
            raise unavailable(f"no answer from {', '.join(absent)}")
        return InferenceResponse(
            model_name=self.name,
            model_version=self.version,
            parameters=_parameters(scores),
            outputs=[_output(name, values[name]) for name in names],
        )

    @abstractmethod
    async def _score(self, matrix: Matrix) -> EnsembleScores:
        """Score encoded rows `[rows, features]`. Raises MLServerError."""

    def _describe(self, schema: FeatureSchema, members: Sequence[str]) -> None:
        self._schema = schema
        self._members = members
        self.inputs = [_input_metadata(feature) for feature in schema.features]
        outputs = [PROBABILITY, *(f"{MEMBER_PREFIX}{name}" for name in members)]
        self.outputs = [MetadataTensor(name=name, datatype=Datatype.FP64, shape=[-1]) for name in outputs]


def unavailable(message: str) -> MLServerError:
    """503: not the client's fault, and the same request may be answered a moment later."""
    return MLServerError(message, HTTPStatus.SERVICE_UNAVAILABLE)


def _by_output(scores: EnsembleScores) -> Mapping[str, Scores]:
    members = {f"{MEMBER_PREFIX}{name}": values for name, values in scores.members.items()}
    return {PROBABILITY: scores.ensemble, **members}


def _parameters(scores: EnsembleScores) -> Parameters | None:
    # One text, because a gRPC parameter cannot be a list.
    return Parameters(degraded=",".join(scores.missing)) if scores.missing else None


def _output(name: str, values: Scores) -> ResponseOutput:
    return ResponseOutput(name=name, datatype=Datatype.FP64, shape=[len(values)], data=values.tolist())


def _input_metadata(feature: Feature) -> MetadataTensor:
    datatype = Datatype.FP64 if isinstance(feature, NumericFeature) else Datatype.BYTES
    return MetadataTensor(name=feature.name, datatype=datatype, shape=[-1])
