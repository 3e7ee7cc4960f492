"""What became of the wanted children: apply_children says it, the status tells it."""

from dataclasses import dataclass

from churn_operator.api.status import Reason


@dataclass(frozen=True)
class Refusal:
    """The API server's no to something that the operator has to read or write."""

    reason: Reason
    message: str
    """The server's own."""


@dataclass(frozen=True)
class Applied:
    """After a refusal the children that were still to come are left for the next reconcile."""

    conflicts: tuple[str, ...] = ()
    """Children whose names foreign objects have."""
    refusal: Refusal | None = None
