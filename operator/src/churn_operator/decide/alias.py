"""The one alias that the operator writes: `champion`, for the first challenger of a model once it serves."""

from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed, Target


def alias_to_write(observed: Observed, facts: Facts) -> str | None:
    """The version that `champion` shall point to; None where MLflow has it right already, or nobody knows."""
    target, served = observed.target, facts.settled
    if not isinstance(target, Target) or not target.first_champion or served is None or not observed.writes_aliases:
        return None
    return target.version if served.bundle.version == target.version else None
