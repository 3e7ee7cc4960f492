"""What Prometheus hears of late labels: figures by version, verdicts as numbers, and nothing that is not known."""

import math
from dataclasses import replace

from churn_operator.cluster.label_metrics import show_labels
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.labels.evidence import LabelEvidence, LabelSignal, LabelVerdict, Realised
from prometheus_client import REGISTRY

KEY = ("churn", "labelled")
EVIDENCE = LabelEvidence(
    digest="sha256:a", version="7", previous_digest=None, labels=900, newest="2026-11-01T00:00:00Z",
    age_seconds=3600.0, new_labels=40, treated=0, control_share=None, auc=Realised(0.8, 0.78, 0.82), brier=None,
    calibration=None,
    fresh=LabelVerdict(LabelSignal.FRESH, GateVerdict.PASS, ""),
    worse_than_previous=LabelVerdict(LabelSignal.WORSE_THAN_PREVIOUS, GateVerdict.UNKNOWN, ""),
    below_baseline=LabelVerdict(LabelSignal.BELOW_BASELINE, GateVerdict.FAIL, "", e_value=200.0),
)  # fmt: skip


def _told() -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels.get("signal") or sample.labels.get("metric") or ""): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.labels.get("churnmodel") == KEY[1]
    }


def test_what_is_known_is_told_until_nothing_is_known_any_more() -> None:
    show_labels(KEY, EVIDENCE)
    assert _told() == {
        ("churn_label_state", "LabelsFresh"): 0,
        ("churn_label_state", "WorseThanPrevious"): 3,
        ("churn_label_state", "BelowBaseline"): 2,
        ("churn_label_log_evalue", "BelowBaseline"): math.log(200),
        ("churn_realised", "auc"): 0.8,
        ("churn_label_lag_seconds", ""): 3600,
    }
    show_labels(KEY, replace(EVIDENCE, auc=None, age_seconds=None))
    assert not {"churn_realised", "churn_label_lag_seconds"} & {name for name, _ in _told()}
    show_labels(KEY, None)
    show_labels(KEY, None)
    assert _told() == {}
