"""What the operator tells Prometheus of late labels: what was known at each ChurnModel's last reconcile."""

import math
from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.labels.evidence import LabelEvidence
from churn_operator.queue import Key

_MODEL = ("namespace", "churnmodel", "version")
_STATES = {GateVerdict.PASS: 0.0, GateVerdict.FAIL: 2.0, GateVerdict.UNKNOWN: 3.0}
"""The numbers of `churn_drift_state`."""

_known: dict[Key, LabelEvidence] = {}


def show_labels(key: Key, evidence: LabelEvidence | None) -> None:
    """Tell this from now on; None: nothing is known, or the ChurnModel is gone."""
    if evidence is None:
        _known.pop(key, None)
    else:
        _known[key] = evidence


class _Labels(Collector):
    """Read at each scrape."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        state = GaugeMetricFamily("churn_label_state", "0 no, 2 yes, 3 unknown.", labels=(*_MODEL, "signal"))
        evalue = GaugeMetricFamily(
            "churn_label_log_evalue", "Evidence that it is so, as a logarithm.", labels=(*_MODEL, "signal")
        )
        realised = GaugeMetricFamily("churn_realised", "Of the customers with labels.", labels=(*_MODEL, "metric"))
        lag = GaugeMetricFamily(
            "churn_label_lag_seconds", "Since the newest customer with a label was scored.", labels=_MODEL
        )
        for key, evidence in list(_known.items()):
            place = (*key, evidence.version)
            for verdict in evidence.verdicts:
                state.add_metric((*place, verdict.signal), _STATES[verdict.verdict])
                if verdict.e_value is not None and verdict.e_value > 0:
                    evalue.add_metric((*place, verdict.signal), math.log(verdict.e_value))
            figures = {"auc": evidence.auc, "brier": evidence.brier, "calibration": evidence.calibration}
            for metric, found in figures.items():
                if found is not None:
                    realised.add_metric((*place, metric), found.value)
            if evidence.age_seconds is not None:
                lag.add_metric(place, evidence.age_seconds)
        yield from (state, evalue, realised, lag)


REGISTRY.register(_Labels())
