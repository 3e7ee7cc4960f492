"""How the members of a distributed revision do: reads of what was observed, for facts and plan."""

from churn_operator.decide.observed import Observed
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.record import Record


def member_deployments(observed: Observed, record: Record) -> dict[str, Deployed | None]:
    """The Deployment of each member, None where there is none; empty where the revision is not distributed."""
    if record.configuration.fan_out is None:
        return {}
    found = observed.members.get(record.identifier, {})
    return {member: found.get(member) for member in record.bundle.members}


def members_are_up(observed: Observed, record: Record) -> bool:
    """Whether every pod of every member is ready; true where the revision is not distributed."""
    return all(seen is not None and seen.rolled_out for seen in member_deployments(observed, record).values())


def missing_members(observed: Observed, record: Record) -> list[str]:
    """Members without a single ready pod of this revision."""
    deployments = member_deployments(observed, record)
    return [member for member, seen in deployments.items() if seen is None or seen.ready_pods == 0]
