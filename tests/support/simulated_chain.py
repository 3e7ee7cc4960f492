"""What operators of the simulated cluster leave behind: records, and where they ended."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from churn_operator.audit.entry import Entry

_EPOCH = datetime(2026, 11, 1, tzinfo=UTC)


class Dies(Enum):
    """Where an operator ends."""

    BEFORE_RECORD = "before the record"
    AFTER_RECORD = "between record and action"
    AFTER_ACTION = "between action and outcome"


@dataclass(frozen=True)
class Recorded:
    """One record of the chain, and when."""

    time: float
    entry: Entry


def text_of(moment: float) -> str:
    """A moment of the cluster's clock, as Kubernetes writes it."""
    return (_EPOCH + timedelta(seconds=moment)).strftime("%Y-%m-%dT%H:%M:%SZ")
