"""Predictions that the labels' process takes, and those that it was to take and never will, by reason."""

from enum import StrEnum

from prometheus_client import Counter


class Reason(StrEnum):
    """Why a sampled customer's prediction is not kept."""

    MANY_ROWS = "many_rows"  # a request names one customer and brings several rows
    NO_SCORE = "no_score"  # no number from 0 to 1
    QUEUE_FULL = "queue_full"  # the labels' process has been away for longer than the queue lasts
    REFUSED = "refused"  # it says that this can be no prediction
    STOPPED = "stopped"  # the server ends, and it is away
    FAILED = "failed"  # a fault of ours


_posted = Counter("churnserve_predictions_posted", "Predictions that the labels' process has taken")
_dropped = Counter("churnserve_predictions_dropped", "Predictions of sampled customers that are lost", ["reason"])
_by_reason = {reason: _dropped.labels(reason.value) for reason in Reason}


def count_posted(predictions: int) -> None:
    """Count some that are kept."""
    _posted.inc(predictions)


def count_dropped(reason: Reason, predictions: int = 1) -> None:
    """Count some that are lost."""
    _by_reason[reason].inc(predictions)
