"""The sidecar's Prometheus families, made of what it knows at each scrape.

Namespace and ChurnModel come from the pod's labels, which Prometheus adds. What needs all pods is the operator's.
"""

from collections.abc import Iterator, Mapping
from enum import IntEnum

from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.counts import Counts
from churn_models.drift.report import EngineWindow, Report
from churn_models.feature_schema import CategoricalFeature
from churn_models.score_shift import population_stability
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from churn_runtimes.drift.sidecar import Sidecar

_FEATURES = 50
"""The most important ones: each is several series for each pod."""


_VERSION = ["version"]
_FEATURE = ["version", "feature"]

Family = CounterMetricFamily | GaugeMetricFamily


class State(IntEnum):
    """Of a signal."""

    OK = 0
    FIRING = 2
    UNKNOWN = 3


class SidecarMetrics(Collector):
    """Of one sidecar."""

    def __init__(self, sidecar: Sidecar) -> None:
        self._sidecar = sidecar
        self._version = sidecar.watched.version
        self._test_of = {
            feature.name: "chi2" if isinstance(feature, CategoricalFeature) else "ks"
            for feature in sidecar.watched.schema.features
        }
        features = sidecar.watched.reference.features
        by_importance = sorted(features, key=lambda name: features[name].importance.mean, reverse=True)
        self._shown = frozenset(by_importance[:_FEATURES])
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        """Nothing: the registry would collect everything to know the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """All families, at one moment."""
        report = self._sidecar.report()
        yield from self._rows(report)
        yield from self._window()
        newest = report.engine.windows[-1] if report.engine.windows else None
        state = GaugeMetricFamily("churn_drift_state", "0 ok, 2 firing, 3 unknown", labels=["version", "signal"])
        yield self._filled(state, {("engine",): _state(newest)})
        if newest is not None:
            yield from self._tests(newest)
        if self._sidecar.last_window is not None:
            yield from self._counts(self._sidecar.last_window)
        reference = GaugeMetricFamily(
            "churn_reference_info", "The bundle that rows are compared with", labels=["version", "sha256"]
        )
        yield self._filled(reference, {(self._sidecar.watched.digest,): 1})

    def _rows(self, report: Report) -> Iterator[Metric]:
        rows = CounterMetricFamily("churn_tap_rows", "Rows of the server's that are counted", labels=_VERSION)
        yield self._filled(rows, {(): report.rows})
        dropped = CounterMetricFamily("churn_tap_dropped", "Rows that are not counted", labels=["version", "reason"])
        yield self._filled(dropped, {(reason,): count for reason, count in report.dropped.items()})
        judged = CounterMetricFamily("churn_drift_windows", "Windows that the engine has judged", labels=_VERSION)
        yield self._filled(judged, {(): report.engine.judged})
        lost = CounterMetricFamily("churn_drift_windows_lost", "Windows that the engine failed at", labels=_VERSION)
        yield self._filled(lost, {(): report.engine.lost})

    def _window(self) -> Iterator[Metric]:
        windows = self._sidecar.windows
        rows = GaugeMetricFamily("churn_window_rows", "Rows of the window that is not over", labels=_VERSION)
        yield self._filled(rows, {(): windows.rows})
        age = GaugeMetricFamily("churn_window_age_seconds", "Since the first of them", labels=_VERSION)
        yield self._filled(age, {(): windows.age.total_seconds()})

    def _tests(self, window: EngineWindow) -> Iterator[Metric]:
        found = {name: figures for name, figures in window.features.items() if name in self._shown}
        statistic = GaugeMetricFamily("churn_drift_statistic", "Of the last window", labels=[*_FEATURE, "test"])
        yield self._filled(statistic, {(name, self._test_of[name]): distance for name, (_, distance) in found.items()})
        adjusted = GaugeMetricFamily("churn_drift_pvalue_adj", "Of the last window, by Bonferroni", labels=_FEATURE)
        yield self._filled(adjusted, {(name,): min(1.0, p * len(window.features)) for name, (p, _) in found.items()})

    def _counts(self, counts: Counts) -> Iterator[Metric]:
        shown = {name: found for name, found in counts.features.items() if name in self._shown}
        missing = GaugeMetricFamily("churn_missing_ratio", "Of the last window's rows", labels=_FEATURE)
        yield self._filled(missing, {(name,): found.missing / counts.rows for name, found in shown.items()})
        unseen = {name: found.unseen for name, found in shown.items() if isinstance(found, CategoricalCounts)}
        family = GaugeMetricFamily("churn_unseen_ratio", "Of the last window's rows", labels=_FEATURE)
        yield self._filled(family, {(name,): count / counts.rows for name, count in unseen.items()})
        index = GaugeMetricFamily("churn_score_psi", "Of the last window's scores", labels=_VERSION)
        expected = self._sidecar.watched.reference.scores.raw.counts
        yield self._filled(index, {(): population_stability(expected, counts.scores.bins)})

    def _filled(self, family: Family, values: Mapping[tuple[str, ...], float]) -> Metric:
        for labels, value in values.items():
            family.add_metric([self._version, *labels], value)
        return family


def _state(newest: EngineWindow | None) -> State:
    if newest is None:
        return State.UNKNOWN
    return State.FIRING if newest.is_drift else State.OK
