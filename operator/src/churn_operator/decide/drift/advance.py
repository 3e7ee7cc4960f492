"""What the operator does with the sidecars' reports each time that it has asked them. `cluster` calls it."""

from collections.abc import Mapping
from dataclasses import replace

from churn_models.drift.report import Report
from churn_models.reference import Reference

from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.findings import FeedFault, JudgedWindow, Outcome
from churn_operator.decide.drift.judge_window import judge_window
from churn_operator.decide.drift.persist import signals_after
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.drift.state import WINDOWS, DriftState
from churn_operator.decide.drift.take_in import take_in
from churn_operator.decide.drift.window import cut, is_over
from churn_operator.observe.sidecar_pod import PodKind

_FIRST = 3
"""Windows of a revision that must all have drifted for its reference to be stale."""


def advance(
    state: DriftState,
    reports: Mapping[str, Report],
    reference: Reference,
    settings: DriftSettings,
    now: str,
    pods: Mapping[str, PodKind] | None = None,
) -> DriftState:
    """The next state. `reports` by pod, of those that answered; a window that is over is judged.

    `pods`: those that are there, by name; None where nobody has looked.
    """
    state = take_in(state, reports, reference, now, pods)
    return _judged(state, reference, settings, now) if is_over(state, settings, now) else state


def finished(state: DriftState, reference: Reference, settings: DriftSettings, now: str) -> DriftState:
    """When the revision has stopped serving: what it has of a window is judged, if that is enough."""
    return _judged(state, reference, settings, now) if state.begun and not state.awaited else state


def _judged(state: DriftState, reference: Reference, settings: DriftSettings, now: str) -> DriftState:
    window, state = cut(state, now)
    is_feed_broken = any(one.began for one in state.signals if one.signal is Signal.FEED)
    judged = judge_window(window, reference, settings, is_feed_broken)
    windows = (judged, *state.windows)[:WINDOWS]
    state = replace(
        state,
        windows=windows,
        judged=state.judged + 1,
        signals=signals_after(state.signals, windows, settings),
        unseen_since=_unseen_since(state.unseen_since, judged),
    )
    return replace(state, reference_stale_since=_stale_since(state))


def _unseen_since(before: str, judged: JudgedWindow) -> str:
    """It stays through windows that nobody could judge."""
    if any(one.fault is FeedFault.UNSEEN for one in judged.features):
        return before or judged.start
    return before if judged.finding(Signal.FEED).outcome is Outcome.SKIPPED else ""


def _stale_since(state: DriftState) -> str:
    """Said once: at the third window, if all have drifted."""
    if state.judged != _FIRST:
        return state.reference_stale_since
    drifted = all(one.finding(Signal.INPUT).outcome is Outcome.FIRED for one in state.windows[:_FIRST])
    return state.windows[0].end if drifted else ""
