"""What became of the wanted children: `cluster.apply_children` says it, the status tells it.

It lies here, below both of them, because decisions import nothing of `cluster`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from churn_operator.api.status import Reason
from churn_operator.names import Component


@dataclass(frozen=True)
class Denial:
    """A read or write that the API server denied."""

    reason: Reason
    message: str
    """The server's own."""


@dataclass(frozen=True)
class WriteResult:
    """After a denial the children that were still to come are left for the next reconcile."""

    conflicts: tuple[str, ...] = ()
    """Children whose names foreign objects have."""
    denied: Denial | None = None
    apart: Mapping[Component, Denial] = field(default_factory=dict)
    """Of a child that spec.batch or spec.stream alone needs: what does not belong to that was written."""
    aliases: frozenset[str] = frozenset()
    """Those that MLflow took."""
    alias_problem: str | None = None
    """Why another could not be written in MLflow."""

    @property
    def hides_pods(self) -> bool:
        """Whether users cannot be told where the model answers, or its pods cannot be made."""
        return any(name.startswith(("Service/", "Deployment/")) for name in self.conflicts)
