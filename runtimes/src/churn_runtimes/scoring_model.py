"""What all models of ours have in common as MLServer sees them: V2 tensors in, P(churn) out.

Where the scores come from is each model's own: all members here, one member here, or members in other pods.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from churn_models.encoding import Encoded, Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema
from churn_models.known_codes import KnownCodes
from churn_models.outputs import Outputs
from mlserver import MLModel, types
from mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    MetadataModelResponse,
    Parameters,
    ResponseOutput,
)
from numpy.typing import NDArray

from churn_runtimes.limits import Limits
from churn_runtimes.metrics import count_unseen
from churn_runtimes.model_metadata import column_tensors, score_tensors, with_example
from churn_runtimes.v2.errors import Unavailable
from churn_runtimes.v2.outputs import datatype_of, wanted_outputs
from churn_runtimes.v2.rows import decode_rows
from churn_runtimes.v2.tensor import Tensor, from_mlserver
from churn_runtimes.v2.unseen import refuse_unseen, unseen_parameters


class ScoringModel(MLModel):  # type: ignore[misc]  # mlserver is untyped
    """A model of one bundle; `load` must call `_describe`."""

    max_rows = Limits.rows
    """Of one request; the server sets its own limit."""
    is_strict = Limits.strict
    """Whether unseen categories are refused; the server sets it."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer `churn_probability`, or the outputs that the request names, each `[rows]`."""
        asked = [output.name for output in payload.outputs or ()]
        answers, parameters = await self.answer(from_mlserver(payload.inputs), asked)
        return InferenceResponse(
            **self.stamp,
            parameters=Parameters(**parameters) if parameters else None,
            outputs=[_output(name, values) for name, values in answers.items()],
        )

    async def answer(
        self, tensors: Sequence[Tensor], asked: Sequence[str]
    ) -> tuple[Mapping[str, NDArray[Any]], Mapping[str, str | int]]:
        """The asked output tensors by name, in that order, and the answer's parameters. Raises MLServerError."""
        names = wanted_outputs(self._named_outputs, asked)
        encoded = self.decode(tensors)
        scores = await self.score(encoded.matrix)
        values = self._named_outputs.values(names, scores)
        if absent := [name for name in names if name not in values]:
            raise Unavailable(f"no answer from {', '.join(absent)}")
        # One text, because a gRPC parameter cannot be a list.
        degraded: dict[str, str | int] = {"degraded": ",".join(scores.missing)} if scores.missing else {}
        parameters = degraded | unseen_parameters(encoded.unseen)
        return values, parameters

    def decode(self, tensors: Sequence[Tensor]) -> Encoded:
        """Encoded rows, their unseen categories counted. Raises BadRequest or TooLarge."""
        encoded = decode_rows(self.schema, self._known_codes, tensors, self.max_rows)
        count_unseen(encoded.unseen)
        if self.is_strict:
            refuse_unseen(self.schema, encoded.unseen)
        return encoded

    @property
    def stamp(self) -> dict[str, str]:
        """What every answer says of who gave it."""
        return {"model_name": self.name} | ({"model_version": self.version} if self.version else {})

    @abstractmethod
    async def score(self, matrix: Matrix) -> EnsembleScores:
        """Score encoded rows `[rows, features]`. Raises MLServerError."""

    async def metadata(self) -> MetadataModelResponse:
        """As MLServer has it, with an example request."""
        return with_example(await super().metadata(), self.schema)

    def _describe(self, schema: FeatureSchema, outputs: Outputs) -> None:
        self.schema = schema
        self._known_codes = KnownCodes(schema)
        self._named_outputs = outputs
        self.inputs = column_tensors(schema)
        self.outputs = score_tensors(outputs.names)


def _output(name: str, values: NDArray[Any]) -> ResponseOutput:
    datatype = types.Datatype(datatype_of(values))
    return ResponseOutput(name=name, datatype=datatype, shape=[len(values)], data=values.tolist())
