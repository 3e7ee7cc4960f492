"""When `reconcile` looks again: what MLflow or the API server did not take is tried again."""

from churn_operator.api.status import ConditionType
from churn_operator.decide.observed import Observed
from churn_operator.observe.late import seconds_between
from churn_operator.observe.write_result import WriteResult

_SHORTEST, _LONGEST = 15.0, 600.0


def seconds_to_next_attempt(observed: Observed, written: WriteResult, look_again: float | None) -> float | None:
    """Ever longer, the longer it is not taken; never later than `look_again`."""
    moments = [look_again] if look_again is not None else []
    if written.alias_problem:
        moments.append(_pause(observed, ConditionType.ALIAS_SYNCED))
    if written.apart:
        moments.append(_pause(observed, ConditionType.SYNCED))
    return min(moments, default=None)


def _pause(observed: Observed, kind: ConditionType) -> float:
    for condition in observed.model.status.conditions:
        if condition.type == kind and condition.status == "False":
            age = seconds_between(condition.last_transition_time, observed.now)
            return min(max(age / 4, _SHORTEST), _LONGEST)
    return _SHORTEST
