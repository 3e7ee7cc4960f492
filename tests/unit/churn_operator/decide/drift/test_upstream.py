"""Three models with alarms at overlapping times have one cause upstream."""

import pytest
from churn_operator.decide.drift.evidence import DriftEvidence, Signal, SignalState
from churn_operator.decide.drift.upstream import disturbed_together
from churn_operator.decide.gates.judgement import GateVerdict


def _evidence(began: int, since: int, signal: Signal = Signal.FEED, fails: bool = True) -> DriftEvidence:
    verdict = GateVerdict.FAIL if fails else GateVerdict.PASS
    hour = "2026-11-01T{:02}:00:00Z".format
    state = SignalState(signal, verdict, since=hour(since), began=hour(began))
    return DriftEvidence("sha256:d", "r1", (state,))


CASES = {
    "nobody": ({}, ""),
    "two": ({"a": _evidence(1, 2), "b": _evidence(1, 2)}, ""),
    "three": ({"a": _evidence(1, 2), "b": _evidence(1, 3), "c": _evidence(2, 4)}, "abc"),
    "three, one of them long ago": ({"a": _evidence(1, 2), "b": _evidence(7, 8), "c": _evidence(7, 9)}, ""),
    "a chain that never is three": ({"a": _evidence(1, 3), "b": _evidence(3, 5), "c": _evidence(5, 7)}, ""),
    "feeds and inputs": (
        {"a": _evidence(1, 2), "b": _evidence(1, 2, Signal.INPUT), "c": _evidence(1, 1), "d": _evidence(9, 9)},
        "abc",
    ),
    "scores are no feed": ({name: _evidence(1, 2, Signal.SCORE) for name in "abc"}, ""),
    "no alarm": ({name: _evidence(1, 2, fails=False) for name in "abc"}, ""),
}


@pytest.mark.parametrize(("evidence", "expected"), CASES.values(), ids=CASES)
def test_models_with_one_cause(evidence: dict[str, DriftEvidence], expected: str) -> None:
    assert disturbed_together(evidence) == tuple(expected)
