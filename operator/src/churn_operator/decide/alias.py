"""The one alias that the operator writes: `champion`, for the first challenger of a model once it serves."""

from churn_operator.api.status import ConditionType
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed, Target
from churn_operator.observe.late import seconds_between

_SHORTEST, _LONGEST = 15.0, 600.0


def alias_to_write(observed: Observed, facts: Facts) -> str | None:
    """The version that `champion` shall point to; None where MLflow has it right already, or nobody knows."""
    target, served = observed.target, facts.settled
    if not isinstance(target, Target) or not target.first_champion or served is None:
        return None
    return target.version if served.bundle.version == target.version else None


def seconds_to_next_attempt(observed: Observed) -> float:
    """Ever longer, the longer MLflow does not take it."""
    for condition in observed.model.status.conditions:
        if condition.type == ConditionType.ALIAS_SYNCED and condition.status == "False":
            age = seconds_between(condition.last_transition_time, observed.now)
            return min(max(age / 4, _SHORTEST), _LONGEST)
    return _SHORTEST
