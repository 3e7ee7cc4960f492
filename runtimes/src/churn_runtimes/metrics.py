"""What Prometheus learns of requests and models.

Every request for inference is counted in `churnserve_requests_total`, by who answered it and how. MLServer's
names for what models answer are kept; its own counters see no fast path and are taken away (`mlserver_internals`).
"""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import accumulate
from threading import Lock

from churn_models.traffic import SERVING_BOUNDS
from prometheus_client import REGISTRY, Counter, Gauge
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from churn_runtimes.answer_counts import Answers, Route, all_answers

_refused = Counter(
    "churnserve_refused_requests",
    "REST requests that no model has answered: the server's own errors",
    ["status"],
)
_connections = Counter("churnserve_refused_connections", "Connections above the limit")
_scored_by = Gauge(
    "churnserve_member_scored_by",
    "1 for what scores a member: the flat table or its library",
    ["model", "member", "scored_by"],
)
_unseen = Counter(
    "churnserve_unseen", "Values that were no category of their feature, scored as missing or refused", ["feature"]
)
_codes: Tally[tuple[Route, str]] = Tally()
"""Answers by code, without those whose scores are counted where they are made (`_GOOD`)."""
_codes_lock = Lock()

_GOOD = {Route.FAST: "200", Route.GRPC: "OK"}
"""The code of an answer with scores, by the routes whose answers with scores are all counted where they are made."""


class _Answers(Collector):
    """Makes Prometheus' families of the plain numbers at each scrape."""

    def describe(self) -> list[Metric]:
        """Nothing: MLServer registers counters of the same names for a moment, which would be an error."""
        return []

    def collect(self) -> Iterator[Metric]:
        answers = dict(all_answers())
        yield _seconds(answers)
        yield _requests(answers)
        yield from _by_model(answers)


def _seconds(answers: Mapping[tuple[Route, str, str], Answers]) -> Metric:
    family = HistogramMetricFamily(
        "churnserve_infer_seconds",
        "From a whole request to its scores, by who answered it",
        labels=["route", "model", "version"],
    )
    bounds = [*map(str, SERVING_BOUNDS), "+Inf"]
    for labels, found in answers.items():
        buckets = list(zip(bounds, map(float, accumulate(found.buckets)), strict=True))
        family.add_metric(labels, buckets, found.seconds)
    return family


def _requests(answers: Mapping[tuple[Route, str, str], Answers]) -> Metric:
    codes = counted_codes()
    for (route, _, _), found in answers.items():
        if route in _GOOD:
            codes[route, _GOOD[route]] += found.successes
    family = CounterMetricFamily(
        "churnserve_requests",
        "Requests for inference whose head was read, by who answered and the status of HTTP or gRPC",
        labels=["route", "code"],
    )
    for labels, count in codes.items():
        family.add_metric(labels, count)
    return family


def _by_model(answers: Mapping[tuple[Route, str, str], Answers]) -> Iterator[Metric]:
    success = CounterMetricFamily(
        "model_infer_request_success", "Model infer request success count", labels=["model", "version"]
    )
    failure = CounterMetricFamily(
        "model_infer_request_failure", "Model infer request failure count", labels=["model", "version"]
    )
    duration = SummaryMetricFamily(
        "model_infer_request_duration", "Model infer request duration", labels=["model", "version"]
    )
    models: dict[tuple[str, str], Answers] = {}
    for (_, model, version), found in answers.items():
        models[model, version] = models.get((model, version), Answers()) + found
    for labels, found in models.items():
        success.add_metric(labels, found.successes)
        failure.add_metric(labels, found.failures)
        duration.add_metric(labels, found.successes + found.failures, found.seconds + found.failed_seconds)
    yield from (success, failure, duration)


REGISTRY.register(_Answers())


def counted_codes() -> Tally[tuple[Route, str]]:
    """Answers by route and code, without those whose scores are counted where they are made."""
    with _codes_lock:
        return Tally(_codes)


def count_code(route: Route, code: str) -> None:
    """Count one answer that is not counted as scores already."""
    with _codes_lock:
        _codes[route, code] += 1


def show_features(names: Iterable[str]) -> None:
    """Have a counter of unseen values for each of these from the start, so that a first one shows as an increase."""
    for name in names:
        _unseen.labels(name)


def count_unseen(unseen: Mapping[str, int]) -> None:
    """Count them by feature."""
    for feature, count in unseen.items():
        _unseen.labels(feature).inc(count)


def refused_request(status: HTTPStatus, *, is_inference: bool) -> None:
    """Count one REST request that no model has answered."""
    _refused.labels(status.value).inc()
    if is_inference:
        count_code(Route.MLSERVER, str(status.value))


def refused_connection() -> None:
    """Count one."""
    _connections.inc()


def show_scored_by(model: str, member: str, scored_by: str) -> None:
    """Say what scores a member."""
    _scored_by.labels(model, member, scored_by).set(1)
