"""Everything that was read before deciding, in one frozen value; nothing downstream reads the cluster."""

from dataclasses import dataclass
from typing import Any

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.status import Reason
from churn_operator.decide.revision import Revision
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.training import TrainingJob


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
