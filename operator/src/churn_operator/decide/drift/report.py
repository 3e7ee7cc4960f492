"""The state as a DriftReport's status, and back: so another operator goes on where one has ended.

The status is read tolerantly: what this version does not know is left out.
"""

from enum import Enum
from math import isfinite
from typing import TypeVar

from churn_operator.api.drift_report import (
    DriftReportStatus,
    FeatureReport,
    FindingReport,
    SignalReport,
    WindowReport,
)
from churn_operator.decide.drift.checkpoint import packed, unpacked
from churn_operator.decide.drift.evidence import Signal, SignalState
from churn_operator.decide.drift.findings import FeatureFigures, FeedFault, Finding, JudgedWindow, Outcome
from churn_operator.decide.drift.state import WINDOWS, DriftState
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.observe.late import is_moment

_TEXT = 1000
_NAME = 253
_FIGURES = 16

Word = TypeVar("Word", bound=Enum)


def status_of(state: DriftState) -> DriftReportStatus:
    """To be written, at most once a minute."""
    return DriftReportStatus(
        digest=state.digest,
        judged=state.judged,
        lost=state.lost,
        restarts=state.restarts,
        unseen_since=state.unseen_since,
        reference_stale_since=state.reference_stale_since,
        signals=[_signal_report(one) for one in state.signals],
        windows=[_window_report(one) for one in state.windows[:WINDOWS]],
        rows=state.rows,
        begun=state.begun,
        checkpoint=packed(state),
    )


def state_of_report(revision: str, digest: str, status: DriftReportStatus, now: str) -> DriftState:
    """What another operator knew; nothing where the status is of another bundle."""
    if status.digest != digest:
        return DriftState(revision, digest)
    left = unpacked(status.checkpoint, now)
    return DriftState(
        revision,
        digest,
        begun=_time(status.begun) if left else "",
        windows=tuple(_window(one) for one in status.windows),
        judged=status.judged,
        lost=status.lost + (0 if left else status.rows),
        restarts=status.restarts,
        signals=tuple(state for one in status.signals if (state := _signal_state(one))),
        unseen_since=_time(status.unseen_since),
        reference_stale_since=_time(status.reference_stale_since),
        awaited=left,
    )


def _signal_report(state: SignalState) -> SignalReport:
    figures = {name: float(f"{value:.6g}") for name, value in state.figures.items() if isfinite(value)}
    return SignalReport(
        signal=state.signal.value,
        verdict=state.verdict.value,
        since=state.since,
        message=state.message[:_TEXT],
        figures=dict(list(figures.items())[:_FIGURES]),
        fired=state.fired,
        looked=state.looked,
        began=state.began,
    )


def _signal_state(report: SignalReport) -> SignalState | None:
    signal, verdict = _word(Signal, report.signal), _word(GateVerdict, report.verdict)
    if signal is None or verdict is None:
        return None
    return SignalState(
        signal,
        verdict,
        since=_time(report.since),
        message=report.message,
        figures=dict(report.figures),
        fired=report.fired,
        looked=report.looked,
        began=_time(report.began),
    )


def _window_report(window: JudgedWindow) -> WindowReport:
    findings = [
        FindingReport(
            signal=one.signal.value,
            outcome=one.outcome.value,
            message=one.message[:_TEXT],
            names=[name[:_NAME] for name in one.names],
        )
        for one in window.findings
    ]
    features = [_feature_report(one) for one in window.features]
    return WindowReport(
        start=window.start,
        end=window.end,
        rows=window.rows,
        dropped=window.dropped,
        findings=findings,
        features=features,
    )


def _feature_report(figures: FeatureFigures) -> FeatureReport:
    return FeatureReport(
        name=figures.name[:_NAME],
        p_adjusted=float(f"{figures.p_adjusted:.3g}"),
        distance=round(figures.distance, 4),
        psi=round(figures.psi, 4),
        psi_bound=round(figures.psi_bound, 4),
        missing=round(figures.missing, 4),
        unseen=round(figures.unseen, 4),
        fault=figures.fault.value if figures.fault else "",
    )


def _window(report: WindowReport) -> JudgedWindow:
    findings = (_finding(one) for one in report.findings)
    return JudgedWindow(
        _time(report.start),
        _time(report.end),
        report.rows,
        report.dropped,
        tuple(one for one in findings if one),
        tuple(_figures(one) for one in report.features),
    )


def _finding(report: FindingReport) -> Finding | None:
    signal, outcome = _word(Signal, report.signal), _word(Outcome, report.outcome)
    return Finding(signal, outcome, report.message, tuple(report.names)) if signal and outcome else None


def _figures(report: FeatureReport) -> FeatureFigures:
    return FeatureFigures(
        report.name,
        report.p_adjusted,
        report.distance,
        report.psi,
        report.psi_bound,
        report.missing,
        report.unseen,
        _word(FeedFault, report.fault),
    )


def _time(text: str) -> str:
    """Empty where it is none: rules count seconds from it, and a word that somebody wrote must not stop them."""
    return text if is_moment(text) else ""


def _word(kind: type[Word], text: str) -> Word | None:
    return next((one for one in kind if one.value == text), None)
