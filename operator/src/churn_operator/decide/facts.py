"""Which revision plays which role: wanted, running, last good, settled; and why one cannot get ready."""

from churn_operator.api.spec import Members, Placement
from churn_operator.api.status import State
from churn_operator.decide.fan_out import FanOut
from churn_operator.decide.members import member_failure, missing_members, pending_member
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.revision import Revision
from churn_operator.observe.pod_failure import PodFailure


def wanted_revision(observed: Observed) -> Revision | None:
    """The revision that the spec asks for; None without a target."""
    if not isinstance(observed.target, Target):
        return None
    serving = observed.model.spec.serving
    distributed = serving.placement is Placement.DISTRIBUTED
    return Revision(
        model=observed.model.spec.model.name,
        version=observed.target.version,
        digest=observed.target.digest,
        image=observed.serving_image,
        resources=serving.resources,
        members=observed.target.members,
        fan_out=FanOut.from_spec(serving.members or Members()) if distributed else None,
    )


def running_revision(observed: Observed) -> Revision | None:
    """The revision that the Deployment's template names."""
    if observed.deployed is None:
        return None
    wanted = wanted_revision(observed)
    if wanted and wanted.identifier == observed.deployed.revision:
        return wanted
    return observed.revisions.get(observed.deployed.revision)


def last_good_revision(observed: Observed) -> Revision | None:
    """The stable revision of the status, while its record exists."""
    stable = observed.model.status.stable
    return observed.revisions.get(stable.revision) if stable else None


def runs(observed: Observed, revision: Revision) -> bool:
    """Whether the Deployment's template names this revision."""
    return observed.deployed is not None and observed.deployed.revision == revision.identifier


def failure_of(observed: Observed, revision: Revision) -> PodFailure | None:
    """Why the revision cannot get ready, its members' reasons first."""
    own = observed.deployed.failure if observed.deployed and runs(observed, revision) else None
    return member_failure(observed, revision) or own


def pending_of(observed: Observed, revision: Revision) -> str | None:
    """Why the revision's pods cannot start though it is not its fault, its members' first."""
    own = observed.deployed.pending if observed.deployed and runs(observed, revision) else None
    return pending_member(observed, revision) or own


def is_overdue(observed: Observed) -> bool:
    """Whether a rollout's deadline has passed by Kubernetes' count."""
    members = (seen for deployments in observed.members.values() for seen in deployments.values())
    return any(seen.overdue for seen in (observed.deployed, *members) if seen)


def must_poll(observed: Observed, state: State) -> bool:
    """Whether this must be polled: no watch event marks a deadline that we count, or a Job that never gets a pod."""
    rolls_out_late = state is State.ROLLING_OUT and is_overdue(observed)
    return rolls_out_late or (
        state is State.TRAINING and observed.training is not None and observed.training.has_no_pod
    )


def settled_revision(observed: Observed) -> Revision | None:
    """The running revision, once it serves completely. Scaling it up or down later does not make it less so."""
    seen, stable = observed.deployed, observed.model.status.stable
    if seen is None:
        return None
    scaling = stable is not None and stable.revision == seen.revision and seen.no_other_revision and seen.ready_pods > 0
    running = running_revision(observed) if seen.rolled_out or scaling else None
    return None if running and missing_members(observed, running) else running
