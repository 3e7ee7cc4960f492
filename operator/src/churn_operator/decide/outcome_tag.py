"""What MLflow's page of a version shall say of it: that it was promoted or rejected, when, by whom and why."""

from churn_operator.audit.entry import Deed, Entry, Result
from churn_operator.decide.observed import Observed

_TOLD = frozenset({Deed.PROMOTED, Deed.REJECTED})
_LONGEST = 1000


def outcome_tag(observed: Observed, outcome: Entry) -> str | None:
    """The tag's value; None where the outcome tells nothing of a version."""
    if (
        outcome.action not in _TOLD
        or outcome.result != Result.APPLIED
        or _is_about_its_configuration(observed, outcome)
    ):
        return None
    # The outcome names its decision, the history has the decision's words.
    decided = [one for one in observed.memory.history if (one.action, one.version) == (outcome.action, outcome.version)]
    when, why = (decided[0].time, decided[0].message) if decided else (observed.now, "")
    who = f"ChurnModel {observed.model.namespace}/{observed.model.name}"
    return f"{outcome.action} {when} by {who}: {why}".removesuffix(": ")[:_LONGEST]


def _is_about_its_configuration(observed: Observed, outcome: Entry) -> bool:
    """The version serves in another image or with other resources; what became of these is no word on it."""
    stable = observed.model.status.stable
    return stable is not None and stable.version == outcome.version and stable.revision != outcome.revision
