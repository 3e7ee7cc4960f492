"""What operator and serving pods say to each other while a model is tried: `/traffic` and `/state`.

A pod asks the operator `/traffic/<namespace>/<model>?pod=<its name>` for weights, by the ETag of the last answer where
it has one: the operator answers once it says something else, or after two seconds. The operator asks pods `/state` for
what they saw.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from churn_models.digest import Digest
from churn_models.frozen_model import FrozenModel
from churn_models.paired_scores import Count, PairedScores
from churn_models.said import Said

POLL_SECONDS = 2.0
"""How long the operator makes a question wait for news; and between two questions, where it makes none wait."""
SILENCE_SECONDS = 60.0
"""How long a candidate answers without a word of the operator."""
LATENCY_BOUNDS = (
    *(0.000005, 0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005),
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1),
)
"""Upper bounds in seconds of the buckets of `VersionCounts`; a last bucket has what took longer."""
SERVING_BOUNDS = (
    *(0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005),
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
)
"""The same of `Serving`."""

_FEW = 16
"""Tables that a pod has to do with, generously."""
WORDS = 1_000
"""Characters of a text in `State` at most; whoever writes one cuts it."""

Percent = Annotated[int, Field(ge=0, le=100)]
Version = Annotated[str, Field(min_length=1, max_length=64)]
Seconds = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Buckets = Annotated[tuple[Count, ...], Field(max_length=64)]
Name = Annotated[str, Field(max_length=253)]
Words = Annotated[str, Field(max_length=WORDS)]


class OfferedTable(FrozenModel):
    """A packed table, and where it can be had."""

    sha256: Digest
    """Of the file's bytes, which any server of the bundle makes alike."""
    digest: Digest
    """Of the bundle that it was packed from."""
    version: Version
    """Of the registered model: what answers by it say."""
    sources: tuple[Annotated[str, Field(max_length=300)], ...] = Field(default=(), max_length=8)
    """URLs of the file, tried in this order."""


class Traffic(Said):
    """What the operator wants of every stable pod of a model, whichever of the tables a pod has loaded itself."""

    generation: Count
    """Of the operator's decisions: a new one closes the pods' breakers."""
    tables: tuple[OfferedTable, ...] = Field(default=(), max_length=3)
    """To be held, and offered to other pods."""
    candidate: Digest | None = None
    """The sha256 of the one of them that is tried; pods that have loaded it themselves have nothing to try."""
    weight: Percent = 0
    """Percent of the requests that the candidate answers; both models score their rows."""
    sample: Percent = 0
    """Percent of the requests that both score; what lies above `weight` is answered by stable."""
    sticky: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")
    """A header, or else a parameter of the request, by whose value requests are chosen; None spreads them evenly."""
    previous: bool = False
    """The candidate is the version that was stable before: pairs are binned on its edges, and its weight is a rollback,
    which stays however long the operator is silent."""

    @model_validator(mode="after")
    def _candidate_is_a_table(self) -> Self:
        if self.candidate is None and (self.weight or self.sample):
            raise ValueError("a weight needs a candidate")
        if self.candidate is not None and self.candidate not in {table.sha256 for table in self.tables}:
            raise ValueError("the candidate is none of the tables")
        return self


class HeldTable(FrozenModel):
    """A table that a pod has checked and can score with."""

    sha256: Digest
    digest: Digest
    version: Name
    """Empty where a server was not told its own."""


class InForce(FrozenModel):
    """What a pod does now, not what it was asked."""

    generation: Count
    candidate: Digest
    weight: Percent
    sample: Percent
    previous: bool
    silent_seconds: Seconds
    """Since the operator was last heard."""
    is_breaker_open: bool


class VersionCounts(FrozenModel):
    """What one version did in this pod since `State.instance` began; all in requests where nothing else is said."""

    version: Name
    digest: Digest
    requests: Count = 0
    """Answered to clients."""
    rows: Count = 0
    """In those."""
    scored: Count = 0
    """Scored beside the other version."""
    errors: Count = 0
    """Of `scored`: scoring raised."""
    not_finite: Count = 0
    out_of_range: Count = 0
    seconds: Seconds = 0.0
    """That scoring alone took, of all `scored`."""
    buckets: Buckets = ()
    """The same by LATENCY_BOUNDS."""

    @model_validator(mode="after")
    def _faults_are_of_the_scored(self) -> Self:
        if self.faults > self.scored:
            raise ValueError("more faults than scored requests")
        return self

    @property
    def faults(self) -> int:
        """Of `scored`."""
        return self.errors + self.not_finite + self.out_of_range


class Serving(FrozenModel):
    """What a process has answered since `State.instance` began, whatever scored it: all versions, routes and members.

    Requests for inference alone. It is there for every pod, so that new ones can be compared with old ones. Of a worker
    of the stream: messages, in `failures` those that became dead letters, in `seconds` what scoring alone took.
    """

    answers: Count = 0
    """With scores."""
    failures: Count = 0
    """Requests whose client was told of a fault of the server's (HTTP 5xx), or had gone before the answer (gRPC)."""
    refused: Count = 0
    """Requests whose client was told of a fault of its own (HTTP 4xx)."""
    rows: Count = 0
    """In `answers`."""
    seconds: Seconds = 0.0
    """From a whole request to its scores, of all `answers`."""
    buckets: Buckets = ()
    """The same by SERVING_BOUNDS; a last bucket has what took longer."""
    not_scores: Count = 0
    """Rows that the process's own bundle has given no score: not finite, or outside of 0 to 1."""

    @property
    def requests(self) -> int:
        """All of them."""
        return self.answers + self.failures + self.refused


class State(Said):
    """What a pod tells at `/state` on its metrics port. Counts only grow; a new process begins at 0."""

    instance: Name
    """Of the process."""
    model: Name
    digest: Digest
    """Of the bundle that it serves."""
    version: Name
    held: tuple[HeldTable, ...] = Field(default=(), max_length=_FEW)
    """Its own first."""
    holds_none_because: Words | None = None
    """Why this pod cannot try a candidate."""
    not_held: dict[Digest, Words] = Field(default_factory=dict, max_length=_FEW)
    """Of tables that it was told to hold, by sha256, why it does not."""
    in_force: InForce | None = None
    versions: tuple[VersionCounts, ...] = Field(default=(), max_length=_FEW)
    pairs: tuple[PairedScores, ...] = Field(default=(), max_length=_FEW)
    serving: Serving | None = None
    """None where the server is older than this word."""
