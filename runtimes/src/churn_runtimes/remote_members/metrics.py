"""What Prometheus learns about members, beside MLServer's own metrics in its registry."""

from prometheus_client import Counter, Gauge, Histogram

_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

MEMBER_SECONDS = Histogram(
    "churnserve_member_request_seconds", "From asking a member to its answer or failure.", ["member"], buckets=_BUCKETS
)
MEMBER_FAILURES = Counter(
    "churnserve_member_failures_total", "Requests that a member did not answer, by reason.", ["member", "reason"]
)
MEMBER_ANSWERS = Gauge("churnserve_member_answers", "1 while a member answers the periodic check.", ["member"])
DEGRADED = Counter("churnserve_degraded_answers_total", "Answers that were made without all members.")
