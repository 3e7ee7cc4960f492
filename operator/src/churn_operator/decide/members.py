"""What the members of a distributed revision do: pure reads of what was observed."""

from churn_operator.decide.observed import Observed
from churn_operator.decide.revision import Revision
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.pod_failure import PodFailure


def member_deployments(observed: Observed, revision: Revision) -> dict[str, Deployed | None]:
    """The Deployment of each member, None where there is none; empty where the revision is not distributed."""
    if revision.fan_out is None:
        return {}
    found = observed.members.get(revision.identifier, {})
    return {member: found.get(member) for member in revision.members}


def members_are_up(observed: Observed, revision: Revision) -> bool:
    """Whether every pod of every member is ready; true where the revision is not distributed."""
    return all(seen is not None and seen.rolled_out for seen in member_deployments(observed, revision).values())


def missing_members(observed: Observed, revision: Revision) -> list[str]:
    """Members without a single ready pod of this revision."""
    deployments = member_deployments(observed, revision)
    return [member for member, seen in deployments.items() if seen is None or seen.ready_pods == 0]


def pending_member(observed: Observed, revision: Revision) -> str | None:
    """Why the first pending member cannot start; None if none is pending."""
    for member, seen in member_deployments(observed, revision).items():
        if seen and seen.pending:
            return f"member {member}: {seen.pending}"
    return None


def member_failure(observed: Observed, revision: Revision) -> PodFailure | None:
    """Why the first of the failing members cannot get ready."""
    for member, seen in member_deployments(observed, revision).items():
        if seen and seen.failure:
            return PodFailure(seen.failure.reason, f"member {member}: {seen.failure.message}")
    return None
