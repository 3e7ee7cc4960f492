"""Everything that was read before deciding, in one frozen value; nothing downstream reads the cluster."""

from dataclasses import dataclass
from typing import Any

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.status import Reason
from churn_operator.decide.revision import Revision


@dataclass(frozen=True)
class Target:
    """The version that the spec asks for, as MLflow and the recorded revisions have it."""

    version: str
    digest: str
    first_champion: bool
    """It is the challenger of a model without a champion."""
    members: tuple[str, ...] = ()
    """Names of the bundle's members."""


@dataclass(frozen=True)
class TargetProblem:
    """Why there is no target."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class PodFailure:
    """Why a pod of a revision cannot get ready."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class Deployed:
    """A serving or a member's Deployment: which revision its template names, and how far that has come."""

    revision: str
    rolled_out: bool
    """Every pod is of this revision, ready, and there are as many as wanted."""
    alone: bool
    """No pod of another revision is left."""
    ready_pods: int
    """Ready pods of this revision."""
    failure: PodFailure | None
    held_up: str | None = None
    """What keeps pods from starting, though it is not the revision's fault."""
    overdue: bool = False
    """The deadline has passed by Kubernetes' count, which includes the time in which pods were held up."""


@dataclass(frozen=True)
class TrainingJob:
    """The Job of the present spec.training."""

    finished: bool
    failed: bool
    message: str
    held_up: str | None = None
    """What keeps its pod from starting."""
    podless: bool = False
    """It waits for a pod, and no watch tells why there is none."""


@dataclass(frozen=True)
class Observed:
    """One ChurnModel and its world at one moment."""

    model: ChurnModel
    target: Target | TargetProblem
    revisions: dict[str, Revision]
    """Recorded revisions by identifier."""
    deployed: Deployed | None
    members: dict[str, dict[str, Deployed]]
    """Members' Deployments by revision and member."""
    answering: frozenset[str]
    """Revisions of the serving pods that exist, terminating ones too."""
    training: TrainingJob | None
    children: dict[tuple[str, str], dict[str, Any]]
    """Live children by kind and name, our own and foreign ones of an expected name."""
    serving_image: str
    now: str
