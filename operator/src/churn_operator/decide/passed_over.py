"""A newer challenger that is not tried, and why: the loop tells it once, the status as long as it is so."""

from churn_operator.decide.facts import Facts, same
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.offline_gate import is_newer, why_not_tried


def why_passed_over(observed: Observed, facts: Facts) -> str | None:
    """With what a person can do; None where there is none, or other words tell of it.

    One that was tried and rejected, or that labels found worse, is told by that; in a hold none is looked at.
    """
    found, stable, loop = observed.challenger, facts.stable, observed.memory.loop
    if not isinstance(found, Target) or stable is None or facts.trial or not _is_at_rest(facts):
        return None
    if found.digest == stable.bundle.digest:  # promoted, and MLflow has yet to name it champion
        return None
    if loop.is_held or found.digest in loop.worse or _was_rejected(observed, found) or not is_newer(observed, found):
        return None
    why = why_not_tried(observed, found, stable)
    if why is None:
        return None
    todo = f"train again, or point the alias champion at version {found.version} to have it tried"
    return f"the challenger, version {found.version}, is not tried: {why}; {todo}"


def _is_at_rest(facts: Facts) -> bool:
    return same(facts.settled, facts.stable) and same(facts.wanted, facts.stable)


def _was_rejected(observed: Observed, found: Target) -> bool:
    return any(one.was_rejected and one.bundle.digest == found.digest for one in observed.records.values())
