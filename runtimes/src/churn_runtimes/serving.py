"""All that this process has answered, as /state tells it: for the operator's comparison of new pods with old ones."""

from churn_models.traffic import Serving

from churn_runtimes.answer_counts import Answers, Route, all_answers
from churn_runtimes.metrics import counted_codes

_FAILURES_OF_GRPC = frozenset({"CANCELLED", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", "UNKNOWN"})
"""Who waits no longer cancels; what a slow server does to its clients must show."""


def serving_now(not_scores: int) -> Serving:
    """Read when it is asked for: the numbers are those of the metrics, and no request pays for it."""
    answers = sum((found for _, found in all_answers()), Answers())
    failures = refused = 0
    for (route, code), count in counted_codes().items():
        if _is_failure(route, code):
            failures += count
        elif _is_refusal(route, code):
            refused += count
    return Serving(
        answers=answers.successes,
        failures=failures,
        refused=refused,
        rows=answers.rows,
        seconds=answers.seconds,
        buckets=answers.buckets,
        not_scores=not_scores,
    )


def _is_failure(route: Route, code: str) -> bool:
    return code in _FAILURES_OF_GRPC if route is Route.GRPC else code.startswith("5")


def _is_refusal(route: Route, code: str) -> bool:
    # Of gRPC an answer with scores has no code there.
    return route is Route.GRPC or code.startswith("4")
