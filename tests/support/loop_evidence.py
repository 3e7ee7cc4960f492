"""Drift and label evidence about the version that answers, built small for tables of cases."""

from typing import Any

from churn_operator.decide.drift.evidence import DriftEvidence, Signal, SignalState
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.labels.evidence import LabelEvidence, LabelSignal, LabelVerdict
from support.observations import BEFORE, DIGESTS, revision

PASS, FAIL, UNKNOWN = GateVerdict.PASS, GateVerdict.FAIL, GateVerdict.UNKNOWN


def drift(version: str = "1", **verdicts: GateVerdict) -> DriftEvidence:
    """Of that version; signals by their names in lower case, the others pass. Alarms since BEFORE."""
    found = {one: verdicts.get(one.name.lower(), PASS) for one in Signal}
    signals = tuple(SignalState(one, verdict, BEFORE, f"{one} is {verdict}") for one, verdict in found.items())
    return DriftEvidence(DIGESTS[version], revision(version).identifier, signals, 1000, 0, BEFORE)


def labels(version: str = "1", previous: str | None = None, **said: Any) -> LabelEvidence:
    """Of that version; `fresh`, `worse` and `below` are verdicts, the last two pass where nothing is said."""

    def verdict(signal: LabelSignal, found: GateVerdict) -> LabelVerdict:
        return LabelVerdict(signal, found, f"{signal} is {found}")

    return LabelEvidence(
        digest=DIGESTS[version],
        version=version,
        previous_digest=DIGESTS[previous] if previous else None,
        labels=5000,
        newest=said.get("newest", BEFORE),
        age_seconds=said.get("age", 86400.0),
        new_labels=said.get("new", 0),
        treated=0,
        control_share=None,
        auc=None,
        brier=None,
        calibration=None,
        fresh=verdict(LabelSignal.FRESH, said.get("fresh", PASS)),
        worse_than_previous=verdict(LabelSignal.WORSE_THAN_PREVIOUS, said.get("worse", PASS)),
        below_baseline=verdict(LabelSignal.BELOW_BASELINE, said.get("below", PASS)),
    )
