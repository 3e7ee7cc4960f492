"""What the operator tells Prometheus of drift: read from what is known at each scrape, so that no figure outlives it.

The merged counts of all pods; what each pod's own engine says is on the sidecar's port.
"""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from churn_operator.cluster.drift_reports import DriftReports
from churn_operator.decide.drift.evidence import Signal, SignalState
from churn_operator.decide.drift.evidence_of_state import evidence_of_state, state_of
from churn_operator.decide.drift.findings import FeatureFigures
from churn_operator.decide.drift.state import DriftState
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.observe.late import seconds_between

_MODEL = ("namespace", "churnmodel", "version")
_FEATURES = 50
"""Of one revision at most, the worst ones: a series for each costs Prometheus memory."""
_FIGURES = (("churn_score_psi", Signal.SCORE, "psi"), ("churn_cbpe_auc", Signal.ESTIMATE, "auc"))
_OK, _PENDING, _FIRING, _UNKNOWN = 0, 1, 2, 3
Sample = tuple[str, tuple[str, ...], float]


class DriftMetrics(Collector):
    """Register it once."""

    def __init__(self, reports: DriftReports, clock: Callable[[], str]) -> None:
        self._reports, self._clock = reports, clock

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering asks for no figures."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Called by the thread that answers Prometheus: the states are frozen, and are listed at once."""
        families = {one.name: one for one in _families()}
        now = self._clock()
        for (namespace, model), watched in list(self._reports.watched.items()):
            for told in list(watched.revisions.values()):
                if told.state is not None:
                    place = (namespace, model, told.record.bundle.version)
                    for name, labels, value in samples(told.state, now):
                        families[name].add_metric((*place, *labels), value)
        yield from families.values()


def _families() -> list[GaugeMetricFamily]:
    feature = (*_MODEL, "feature")
    return [
        GaugeMetricFamily("churn_drift_state", "0 ok, 1 pending, 2 firing, 3 unknown.", labels=(*_MODEL, "signal")),
        GaugeMetricFamily("churn_drift_statistic", "Distance from training's rows.", labels=(*feature, "test")),
        GaugeMetricFamily("churn_drift_pvalue_adj", "p-value, adjusted for the number of features.", labels=feature),
        GaugeMetricFamily("churn_missing_ratio", "Share of rows without a value.", labels=feature),
        GaugeMetricFamily("churn_unseen_ratio", "Share of rows with an unseen category.", labels=feature),
        GaugeMetricFamily("churn_window_rows", "Rows of the last window.", labels=_MODEL),
        GaugeMetricFamily("churn_window_age_seconds", "Since the last window was judged.", labels=_MODEL),
        GaugeMetricFamily("churn_window_dropped_rows", "Rows of it that nobody counted.", labels=_MODEL),
        GaugeMetricFamily("churn_score_psi", "Stability index of its scores.", labels=_MODEL),
        GaugeMetricFamily("churn_cbpe_auc", "AUC that its calibrated scores let expect.", labels=_MODEL),
        GaugeMetricFamily("churn_reference_info", "The bundle traffic is compared with.", labels=(*_MODEL, "sha256")),
    ]


def samples(state: DriftState, now: str) -> Iterator[Sample]:
    """Of one revision."""
    yield "churn_reference_info", (state.digest,), 1.0
    for signal in evidence_of_state(state, now).signals:
        yield "churn_drift_state", (signal.signal.value,), _state(signal)
    if state.windows:
        newest = state.windows[0]
        yield "churn_window_rows", (), newest.rows
        yield "churn_window_dropped_rows", (), newest.dropped
        yield "churn_window_age_seconds", (), max(0.0, seconds_between(newest.end, now))
        for name, about, figure in _FIGURES:
            if figure in (figures := state_of(state, about).figures):
                yield name, (), figures[figure]
        for feature in newest.features[:_FEATURES]:
            yield from _of_feature(feature)


def _of_feature(figures: FeatureFigures) -> Iterator[Sample]:
    name = figures.name
    yield "churn_drift_statistic", (name, "distance"), figures.distance
    yield "churn_drift_statistic", (name, "psi"), figures.psi
    yield "churn_drift_pvalue_adj", (name,), figures.p_adjusted
    yield "churn_missing_ratio", (name,), figures.missing
    yield "churn_unseen_ratio", (name,), figures.unseen


def _state(signal: SignalState) -> float:
    if signal.verdict is GateVerdict.UNKNOWN:
        return _UNKNOWN
    if signal.verdict is GateVerdict.FAIL:
        return _FIRING
    return _PENDING if signal.fired else _OK
