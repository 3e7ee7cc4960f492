"""When an alarm begins and ends, by what each window said."""

from dataclasses import replace

import pytest
from churn_operator.decide.drift.evidence import Signal, SignalState
from churn_operator.decide.drift.findings import Finding, JudgedWindow, Outcome
from churn_operator.decide.drift.persist import signals_after
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.gates.judgement import GateVerdict

_WORDS = {
    "F": Outcome.FIRED,
    "f": Outcome.FIRED,  # by another feature
    "b": Outcome.BETWEEN,
    ".": Outcome.CLEAR,
    "-": Outcome.SKIPPED,
}
_VERDICTS = {GateVerdict.FAIL: "F", GateVerdict.PASS: ".", GateVerdict.UNKNOWN: "?"}


def _window(number: int, signal: Signal, word: str) -> JudgedWindow:
    names = {"F": ("tenure",), "f": ("charges",)}.get(word, ())
    finding = Finding(signal, _WORDS[word], f"because of {word}", names, {"worst": 1.0})
    return JudgedWindow(f"start {number}", f"end {number}", 1000, 0, (finding,))


def _history(signal: Signal, words: str, settings: DriftSettings) -> list[SignalState]:
    found: list[SignalState] = []
    windows: tuple[JudgedWindow, ...] = ()
    signals: tuple[SignalState, ...] = ()
    for number, word in enumerate(words):
        windows = (_window(number, signal, word), *windows)[:8]
        signals = signals_after(signals, windows, settings)
        found += [one for one in signals if one.signal is signal]
    return found


CASES = {
    "one window is none": (Signal.INPUT, "..F..", "..?.."),
    "two of three": (Signal.INPUT, "F.F", "?.F"),
    "two in a row": (Signal.INPUT, "FF", "?F"),
    "two of four": (Signal.INPUT, "F..F", "?..?"),
    "different features are chance": (Signal.INPUT, "FfFf", "??FF"),
    "three clear ones end it": (Signal.INPUT, "FF....F", "?FFF..?"),
    "close to the bound is not clear": (Signal.INPUT, "FF.b....", "?FFFFF.."),
    "what cannot be judged says nothing": (Signal.INPUT, "FF-F...", "?F?FFF."),
    "nor does it end it": (Signal.INPUT, "FF..-...", "?FFF?FF."),
    "the feed's alarm begins at once": (Signal.FEED, "F...F", "FFF.F"),
}


@pytest.mark.parametrize(("signal", "windows", "verdicts"), CASES.values(), ids=CASES)
def test_verdicts_by_windows(signal: Signal, windows: str, verdicts: str) -> None:
    found = _history(signal, windows, DriftSettings())
    assert "".join(_VERDICTS[one.verdict] for one in found) == verdicts


def test_an_alarm_says_since_when_and_why() -> None:
    found = _history(Signal.INPUT, "..F.F.", DriftSettings())
    assert [one.since for one in found] == ["end 0", "end 0", "end 2", "end 3", "end 4", "end 4"]
    assert (found[-1].began, found[-1].fired, found[-1].looked) == ("start 2", 1, 3)
    assert "because of F (1 of 3 windows)" in found[-1].message


def test_the_spec_says_how_many_windows() -> None:
    asked = replace(DriftSettings(), breaches=3, windows=5)
    found = _history(Signal.SCORE, "F.F.F.....", asked)
    assert "".join(_VERDICTS[one.verdict] for one in found) == "?.?.FFFFF."
