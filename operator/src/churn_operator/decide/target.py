"""What a ChurnModel's source is now, from what MLflow last answered and what the records hold. `registry_watch` calls.

MLflow is believed once: a version's digest is what it was at first sight, and an MLflow that does not answer changes
nothing until its last answer is older than three polls.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from churn_models.names import CHALLENGER, CHAMPION

from churn_operator.api.loop import Mode
from churn_operator.api.model_source import ModelSource
from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.status import Reason
from churn_operator.decide.observed import Target, TargetProblem
from churn_operator.observe.expected import Expected


@dataclass(frozen=True)
class Wanted:
    """What MLflow is asked for: the same for all ChurnModels that follow one alias of one model."""

    model: str
    alias: str | None
    version: str | None

    @classmethod
    def of(cls, source: ModelSource) -> "Wanted":
        """Without the digest, which MLflow is not asked for."""
        return cls(source.name, source.alias, source.version)


def challenger_of(spec: ChurnModelSpec) -> ModelSource | None:
    """Where a newer version is looked for that nobody asked for; None where none is to be tried."""
    source = spec.model
    if spec.loop.promote is Mode.OBSERVE or not follows_champion(source) or source.digest:
        return None
    return ModelSource(name=source.name, alias=CHALLENGER)


def follows_champion(source: ModelSource) -> bool:
    """Whether what serves is what this alias names, so that the operator may move it."""
    return source.version is None and source.alias in (None, CHAMPION)


@dataclass(frozen=True)
class Identity:
    """What a version is: its manifest's digest, the names of the members that this lists, and its comparison."""

    digest: str
    members: tuple[str, ...]
    comparison: Expected | None = None
    """None where the manifest lists no comparison.json."""


class Recorded(Protocol):
    """What a record tells of a version; v0.1 kept no member names."""

    @property
    def version(self) -> str:
        """Its number."""

    @property
    def digest(self) -> str:
        """What it was at first sight."""

    @property
    def members(self) -> tuple[str, ...]:
        """Their names, or none."""

    @property
    def comparison(self) -> Expected | None:
        """What training measured beside its champion."""


@dataclass(frozen=True)
class Answer:
    """What MLflow says: a version, or why there is none."""

    version: str | None = None
    first_champion: bool = False
    """It is the challenger of a model without a champion."""
    identity: Identity | TargetProblem | None = None
    """Of the version, or why it has none; asked for where no record has it."""
    problem: TargetProblem | None = None


@dataclass(frozen=True)
class Heard:
    """What is kept of one source."""

    answer: Answer | None
    """The last one; None where there was none, or where it is too old to be believed."""
    silence: TargetProblem | None
    """Why the questions since then had no answer."""


def find_target(source: ModelSource, heard: Heard, recorded: Iterable[Recorded]) -> Target | TargetProblem | None:
    """The wanted version with its digest and members, or why there is none; None where it is not known yet."""
    answer = heard.answer
    if answer is None:
        return heard.silence
    if answer.problem or answer.version is None:
        return answer.problem
    known = [record for record in recorded if record.version == answer.version]
    identity = _identity(answer, known)
    if identity is None:
        return heard.silence
    if isinstance(identity, TargetProblem):
        return identity
    if source.digest and identity.digest != source.digest:
        message = f"version {answer.version} is {identity.digest}, spec.model.digest asks for {source.digest}"
        return TargetProblem(Reason.DIGEST_MISMATCH, message)
    return Target(answer.version, identity.digest, answer.first_champion, identity.members, identity.comparison)


def _identity(answer: Answer, known: list[Recorded]) -> Identity | TargetProblem | None:
    for record in known:
        # Recorded at first sight; what MLflow holds later is checked by the pods against this, and never believed.
        if record.members:
            return Identity(record.digest, record.members, record.comparison)
    # Records of v0.1 lack member names: read them from MLflow's manifest, but only if its digest is the recorded one.
    for record in known:
        if isinstance(answer.identity, Identity) and answer.identity.digest != record.digest:
            message = f"version {record.version} was {record.digest} at first sight and is {answer.identity.digest} now"
            return TargetProblem(Reason.ARTIFACT_INVALID, message)
    return answer.identity
