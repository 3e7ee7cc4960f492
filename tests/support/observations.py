"""What an operator could observe, built small for tables of cases: start from `observed()` and change what matters."""

from dataclasses import replace
from typing import Any

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.spec import ChurnModelSpec, Members
from churn_operator.api.status import ChurnModelStatus, Reason, ServedRevision
from churn_operator.decide.fan_out import FanOut
from churn_operator.decide.observed import Observed, Target, TargetProblem
from churn_operator.decide.revision import Revision
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.pod_failure import PodFailure

NOW = "2026-11-23T12:00:00Z"
BEFORE = "2026-11-22T12:00:00Z"
MEMBERS = ("random-forest", "xgboost")
DIGESTS = {version: "sha256:" + version * 64 for version in "123"}


def model(spec: dict[str, Any] | None = None, status: ChurnModelStatus | None = None) -> ChurnModel:
    """A ChurnModel named telco with these fields in its spec beside the model's name."""
    return ChurnModel(
        name="telco",
        namespace="churn",
        uid="uid-1",
        generation=3,
        deleting=False,
        spec=ChurnModelSpec.model_validate({"model": {"name": "telco"}, **(spec or {})}),
        status=status or ChurnModelStatus(),
    )


def revision(version: str, image: str = "serving:1") -> Revision:
    """The revision of that version with the default serving configuration."""
    resources = ChurnModelSpec.model_validate({"model": {"name": "telco"}}).serving.resources
    return Revision("telco", version, DIGESTS[version], image, resources, MEMBERS)


def distributed(version: str, quorum: int | None = None) -> Revision:
    """The same, distributed with the default settings but for the quorum."""
    return replace(revision(version), fan_out=replace(FanOut.from_spec(Members()), quorum=quorum))


def members(ready: int = 1, **changes: Deployed | None) -> dict[str, Deployed]:
    """Every member's Deployment with so many ready pods of the one that it wants, but for the changes; None: missing.

    Names in changes have _ for -.
    """
    seen = Deployed("any", ready > 0, True, ready, None)
    return {member: found for member in MEMBERS if (found := changes.get(member.replace("-", "_"), seen)) is not None}


def served(version: str, reason: Reason | None = None) -> ServedRevision:
    """That version in a role of the status."""
    message = "because" if reason else None
    identifier = revision(version).identifier
    return ServedRevision(
        version=version, digest=DIGESTS[version], revision=identifier, since=BEFORE, reason=reason, message=message
    )


def deployed(version: str, rolled_out: bool = True, failure: PodFailure | None = None, ready: int = 0) -> Deployed:
    """A Deployment whose template names that version; `ready` of its pods are, where it is not rolled out."""
    return Deployed(revision(version).identifier, rolled_out, rolled_out, 2 if rolled_out else ready, failure)


def scaling(version: str, ready: int) -> Deployed:
    """A Deployment with pods of that version alone, not all of which are ready yet."""
    return Deployed(revision(version).identifier, False, True, ready, None)


def target(version: str, first: bool = False) -> Target:
    """That version, found in MLflow."""
    return Target(version, DIGESTS[version], first, MEMBERS)


def problem(reason: Reason) -> TargetProblem:
    """No target, for this reason."""
    return TargetProblem(reason, f"{reason} it is")


def observed(**changes: Any) -> Observed:
    """Version 1 is wanted and nothing is there yet; all three revisions are recorded."""
    nothing = Observed(
        model=model(),
        target=target("1"),
        revisions={revision(version).identifier: revision(version) for version in DIGESTS},
        deployed=None,
        members={},
        answering=frozenset(),
        training=None,
        children={},
        serving_image="serving:1",
        now=NOW,
    )
    return replace(nothing, **changes)
