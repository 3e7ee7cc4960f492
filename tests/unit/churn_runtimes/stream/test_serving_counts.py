"""What a worker counts for the operator."""

from churn_models.traffic import SERVING_BOUNDS, Serving
from churn_runtimes.stream.serving_counts import ServingCounts


def test_each_message_took_its_share() -> None:
    counts = ServingCounts()
    counts.answered(4, 7, 0.0002)
    counts.answered(1, 1, 100.0)
    counts.answered(0, 0, 1.0)
    counts.died(3)
    buckets = [0] * (len(SERVING_BOUNDS) + 1)
    buckets[1], buckets[-1] = 4, 1
    assert counts.now(2) == Serving(
        answers=5, failures=3, rows=8, seconds=100.0002, buckets=tuple(buckets), not_scores=2
    )
