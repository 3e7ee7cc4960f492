"""Verdicts from the last windows: an alarm begins when windows agree, and ends when several in a row are clear."""

from dataclasses import replace

from churn_operator.decide.drift.evidence import Signal, SignalState
from churn_operator.decide.drift.findings import Finding, JudgedWindow, Outcome
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.gates.judgement import GateVerdict


def signals_after(
    signals: tuple[SignalState, ...], windows: tuple[JudgedWindow, ...], settings: DriftSettings
) -> tuple[SignalState, ...]:
    """One of each signal, after the first of the windows, which are the newest first."""
    known = {one.signal: one for one in signals}
    return tuple(_after(known.get(signal) or _unknown(signal), windows, settings) for signal in Signal)


def _unknown(signal: Signal) -> SignalState:
    return SignalState(signal, GateVerdict.UNKNOWN)


def _after(before: SignalState, windows: tuple[JudgedWindow, ...], settings: DriftSettings) -> SignalState:
    lately = windows[: settings.windows]
    found = [window.finding(before.signal) for window in lately]
    began = _began(before, windows, settings)
    verdict = _verdict(found[0], bool(began))
    fired = sum(one.outcome is Outcome.FIRED for one in found)
    looked = sum(one.outcome is not Outcome.SKIPPED for one in found)
    return replace(
        before,
        verdict=verdict,
        since=before.since if verdict is before.verdict and before.since else windows[0].end,
        message=_message(found, verdict, fired, looked),
        figures=found[0].figures,
        fired=fired,
        looked=looked,
        began=began,
    )


def _began(before: SignalState, windows: tuple[JudgedWindow, ...], settings: DriftSettings) -> str:
    """Where the alarm began; empty without one. It lasts through windows that nobody could judge."""
    lately = windows[: settings.windows]
    found = [window.finding(before.signal) for window in lately]
    if before.began:
        is_clear = len(found) == settings.windows and all(one.outcome is Outcome.CLEAR for one in found)
        return "" if is_clear else before.began
    needed = 1 if before.signal is Signal.FEED else settings.breaches
    fired = [window for window, one in zip(lately, found, strict=True) if one.outcome is Outcome.FIRED]
    if found[0].outcome is not Outcome.FIRED or _most_often(found) < needed:
        return ""
    return fired[-1].start


def _most_often(found: list[Finding]) -> int:
    """In how many windows the same feature or pod fired: what moves for good is the same each time, chance is not."""
    names = [name for one in found if one.outcome is Outcome.FIRED for name in one.names]
    return max(map(names.count, set(names)), default=0)


def _verdict(newest: Finding, is_alarm: bool) -> GateVerdict:
    if newest.outcome is Outcome.SKIPPED:
        return GateVerdict.UNKNOWN
    if is_alarm:
        return GateVerdict.FAIL
    return GateVerdict.UNKNOWN if newest.outcome is Outcome.FIRED else GateVerdict.PASS


def _message(found: list[Finding], verdict: GateVerdict, fired: int, looked: int) -> str:
    if found[0].outcome is Outcome.SKIPPED:
        return found[0].message
    told = next((one.message for one in found if one.outcome is Outcome.FIRED and one.message), "")
    if verdict is GateVerdict.PASS or not told:
        return f"nothing of it in the last window ({fired} of {looked} fired lately)"
    return f"{told} ({fired} of {looked} windows)"
