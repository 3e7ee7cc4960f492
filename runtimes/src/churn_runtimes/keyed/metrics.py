"""What Prometheus learns of rows that name their customer. Imported by servers with a state store alone."""

from enum import StrEnum

from prometheus_client import Counter, Histogram

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05)


class Lookup(StrEnum):
    """How looking up one customer ended."""

    FOUND = "found"  # the state, or that there were no events of the customer
    INCOMPLETE = "incomplete"  # the partition's states are not built yet, or were lost
    LATE = "late"  # no answer within the deadline
    AWAY = "away"  # the store gives no states
    DENIED = "denied"  # it does not take the password, or gives no right: waiting does not help


_lookups = Counter("churnserve_state_lookups", "Customers looked up in the state store, by how it ended", ["result"])
LOOKUP_SECONDS = Histogram(
    "churnserve_state_lookup_seconds", "What one request has waited for the state store", buckets=_SECONDS
)
for _result in Lookup:
    _lookups.labels(_result)


def count_lookups(result: Lookup, customers: int) -> None:
    """Count so many customers."""
    if customers:
        _lookups.labels(result).inc(customers)
