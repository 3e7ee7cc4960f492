"""What all models of ours have in common as MLServer sees them: V2 tensors in, P(churn) out.

Where the scores come from is each model's own: all members here, one member here, or members in other pods.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from churn_models.combine import Scores
from churn_models.derive import program_of
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

from churn_runtimes.candidate.request_choice import RequestChoice
from churn_runtimes.evaluator.top_reasons import top_reasons
from churn_runtimes.limits import Limits
from churn_runtimes.metrics import count_unseen
from churn_runtimes.model_metadata import column_tensors, score_tensors, with_examples
from churn_runtimes.v2.contributions import (
    TOP_REASONS,
    Explained,
    explained_parts,
    read_top_reasons,
    with_reasons,
)
from churn_runtimes.v2.errors import BadRequest, Unavailable
from churn_runtimes.v2.outputs import datatype_of, wanted_outputs
from churn_runtimes.v2.rows import decode_rows
from churn_runtimes.v2.tensor import Tensor, from_mlserver
from churn_runtimes.v2.unseen import refuse_unseen, unseen_parameters

if TYPE_CHECKING:
    # Its client of Redis is not installed everywhere.
    from churn_runtimes.keyed.features import KeyedFeatures

DEGRADED = "degraded"
"""The answer's parameter that says what it was made without: members by their names, and this."""
STREAM_FEATURES = "stream_features"


@dataclass(frozen=True)
class VersionScores:
    """Scores, and of the version that they are of: what it makes of them, and its name."""

    scores: EnsembleScores
    outputs: Outputs
    version: str | None


@dataclass(frozen=True)
class ModelAnswer:
    """Output tensors by name in the asked order, the answer's parameters, and the version that gave it."""

    outputs: Mapping[str, NDArray[Any]]
    parameters: Mapping[str, str | int]
    version: str | None


class ScoringModel(MLModel):  # type: ignore[misc]  # mlserver is untyped
    """A model of one bundle; `load` must call `_describe`."""

    max_rows = Limits.rows
    """Of one request; the server sets its own limit."""
    is_strict = Limits.strict
    """Whether unseen categories are refused; the server sets it."""
    keyed: "KeyedFeatures | None" = None
    """Where features of the stream are looked up by a row's customer; the server sets it, if there is such a place."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer `churn_probability`, or the outputs that the request names, each `[rows]`."""
        return await self.respond(payload)

    async def respond(self, payload: InferenceRequest, is_pinned: bool = False) -> InferenceResponse:
        """The same; pinned: by this version, whatever is tried beside it."""
        asked = [output.name for output in payload.outputs or ()]
        answer = await self.answer(from_mlserver(payload.inputs), asked, _choice(payload, is_pinned))
        return InferenceResponse(
            **stamp(self.name, answer.version),
            parameters=Parameters(**answer.parameters) if answer.parameters else None,
            outputs=[_output(name, values) for name, values in answer.outputs.items()],
        )

    async def answer(self, tensors: Sequence[Tensor], asked: Sequence[str], choice: RequestChoice) -> ModelAnswer:
        """The asked output tensors and what else the answer says. Raises MLServerError.

        The request parameter `top_reasons` is as the client has written it.
        """
        count = read_top_reasons(choice.parameters.get(TOP_REASONS), len(self.schema.scored_names))
        wanted = with_reasons(asked, self._explained, count)
        explained = [part for part in self._explained if part.contributions in wanted]
        others = [name for name in wanted if name not in self._reasons]
        also = [part.contributions for part in self.explained]
        names = wanted_outputs(self.named_outputs, others, also) if others or not explained else []
        encoded, lacks = await self.encode(tensors)
        by = await self.score_by_choice(encoded, names, choice.pinned() if explained else choice)
        scores = by.scores
        values: dict[str, NDArray[Any]] = by.outputs.values(names, scores)
        if absent := [name for name in names if name not in values]:
            raise Unavailable(f"no answer from {', '.join(absent)}")
        parameters = told_of(encoded, [*scores.missing, *lacks])
        for part in explained:
            values |= self._reason_values(part, await self.explain(part.member, encoded.matrix), count)
        return ModelAnswer({name: values[name] for name in dict.fromkeys(wanted or names)}, parameters, by.version)

    def _reason_values(self, part: Explained, contributions: Scores, count: int | None) -> dict[str, NDArray[Any]]:
        if count is None:
            return {part.contributions: contributions}
        top = top_reasons(contributions, self.schema.scored_names, count)
        return {part.top_reasons: top.features, part.contributions: top.values}

    async def encode(self, tensors: Sequence[Tensor]) -> tuple[Encoded, Sequence[str]]:
        """The same with what is looked up by the rows' customers, and in words what of that stays missing.

        Raises BadRequest or TooLarge.
        """
        if self.keyed is None:
            return self.decode(tensors), ()
        request = self.keyed.read(tensors)
        encoded = self.decode(request.features)
        return encoded, () if await self.keyed.fill(encoded.matrix, request) else (STREAM_FEATURES,)

    def decode(self, tensors: Sequence[Tensor]) -> Encoded:
        """Encoded rows, their unseen categories counted. Raises BadRequest or TooLarge."""
        encoded = decode_rows(self.schema, self._known_codes, tensors, self.max_rows)
        count_unseen(encoded.unseen)
        if self.is_strict:
            refuse_unseen(self.schema, encoded.unseen)
        return encoded

    async def score_by_choice(self, encoded: Encoded, names: Sequence[str], choice: RequestChoice) -> VersionScores:
        """Score encoded rows by the version that answers; here there is one. Raises MLServerError."""
        return VersionScores(await self.score(encoded.matrix), self.named_outputs, self.version)

    @abstractmethod
    async def score(self, matrix: Matrix) -> EnsembleScores:
        """Score encoded rows `[rows, features]`. Raises MLServerError."""

    @abstractmethod
    def not_scores(self) -> int:
        """How many rows it has given no score so far: not finite, or outside of 0 to 1."""

    async def explain(self, member: str | None, matrix: Matrix) -> Scores:
        """Contributions of a member, or of the ensemble, `[rows, features + 1]`. Raises MLServerError."""
        whose = "the ensemble" if member is None else f"member {member}"
        raise BadRequest(
            f"contributions of {whose} are not available here: they need all members in one pod (placement Colocated)"
        )

    async def metadata(self) -> MetadataModelResponse:
        """As MLServer has it, with example requests and the outputs that have to be asked for."""
        return with_examples(await super().metadata(), self.schema, self.explained)

    @property
    def explained(self) -> list[Explained]:
        """What `explain` answers: nothing, unless the model says otherwise."""
        return []

    def _describe(self, schema: FeatureSchema, outputs: Outputs) -> None:
        self.schema = schema
        self.program = program_of(schema)
        self._known_codes = KnownCodes(schema)
        self.named_outputs = outputs
        self._explained = explained_parts(outputs.members)
        self._reasons = {name for part in self._explained for name in (part.contributions, part.top_reasons)}
        self.inputs = column_tensors(schema)
        self.outputs = score_tensors(outputs.names)


def told_of(encoded: Encoded, lacks: Sequence[str]) -> dict[str, str | int]:
    """The answer's parameters: what it was made without, and unseen categories."""
    # One text, because a gRPC parameter cannot be a list.
    degraded: dict[str, str | int] = {DEGRADED: ",".join(lacks)} if lacks else {}
    return degraded | unseen_parameters(encoded.unseen)


def stamp(model: str, version: str | None) -> dict[str, str]:
    """What every answer says of who gave it."""
    return {"model_name": model} | ({"model_version": version} if version else {})


def _choice(payload: InferenceRequest, is_pinned: bool) -> RequestChoice:
    parameters = payload.parameters
    if parameters is None:
        return RequestChoice(is_pinned=is_pinned)
    # MLServer puts the request's headers there.
    return RequestChoice((parameters.headers or {}).items(), parameters.model_extra or {}, is_pinned)


def _output(name: str, values: NDArray[Any]) -> ResponseOutput:
    datatype = types.Datatype(datatype_of(values))
    return ResponseOutput(name=name, datatype=datatype, shape=list(values.shape), data=values.ravel().tolist())
