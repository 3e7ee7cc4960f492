"""A condition to be: what `conditions`, `batch` and `stream` find, and `status` writes."""

from dataclasses import dataclass

from churn_operator.api.status import ConditionType, Reason


@dataclass(frozen=True)
class Fact:
    """One condition without its times."""

    kind: ConditionType
    holds: bool | None
    """None: nobody knows."""
    reason: Reason
    message: str
