"""One window's rows of all pods: what each signal says of them. The order matters: what is broken judges nothing."""

from churn_models.drift.row_cells import different_rows
from churn_models.reference import Reference

from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.drift.findings import NAMES, FeatureFigures, Finding, JudgedWindow, Outcome
from churn_operator.decide.drift.inputs import judge_feed, judge_input
from churn_operator.decide.drift.odd_pod import judge_pods
from churn_operator.decide.drift.scores import judge_estimate, judge_scores
from churn_operator.decide.drift.settings import LEAST_DIFFERENT, MOST_DROPPED, DriftSettings
from churn_operator.decide.drift.tally import Tally, total_of
from churn_operator.decide.drift.window import ClosedWindow


def judge_window(
    window: ClosedWindow, reference: Reference, settings: DriftSettings, is_feed_broken: bool
) -> JudgedWindow:
    """`is_feed_broken`: an alarm of the feed lasts, so this window may hold some of its rows still."""
    total = _total(window, ())
    rows, dropped = (total.rows, total.dropped) if total else (0, 0)
    reason = _why_not(rows, dropped, settings)
    if total is None or reason:
        return JudgedWindow(window.start, window.end, rows, dropped, _skipped(tuple(Signal), reason))
    pods = judge_pods(window.pods, reference)
    judged = _total(window, pods.names)
    rest = tuple(signal for signal in Signal if signal is not Signal.ODD_POD)
    if judged is None or judged.rows < settings.min_rows:
        findings = _skipped(rest, "too few rows without those of the pod that is unlike its peers")
        return JudgedWindow(window.start, window.end, rows, dropped, (*findings, pods))
    findings, features = _judge_counts(judged, reference, settings, is_feed_broken, window.alike)
    return JudgedWindow(window.start, window.end, rows, dropped, (*findings, pods), features)


def _total(window: ClosedWindow, without: tuple[str, ...]) -> Tally | None:
    tallies = [tally for pod, tally in window.pods.items() if pod not in without]
    return total_of([*tallies, window.rest] if window.rest else tallies)


def _judge_counts(
    judged: Tally, reference: Reference, settings: DriftSettings, is_feed_broken: bool, alike: float | None
) -> tuple[tuple[Finding, ...], tuple[FeatureFigures, ...]]:
    others = (Signal.INPUT, Signal.SCORE, Signal.ESTIMATE)
    feed, figures = judge_feed(reference, judged.counts)
    moved, figures = judge_input(reference, judged.counts, figures, settings)
    worst = tuple(sorted(figures.values(), key=_badness, reverse=True)[:NAMES])
    if is_feed_broken or feed.outcome is Outcome.FIRED:
        return (feed, *_skipped(others, "it is not judged while values are broken on their way")), worst
    scores = judged.counts.scores
    different = None if alike is None else different_rows(judged.counts.cells, alike)
    if different is not None and different < LEAST_DIFFERENT:
        told = f"{judged.rows} rows are worth {different:.0f} different ones, for the same came again and again"
        return (feed, *_skipped(others, f"{told}: at least {LEAST_DIFFERENT} are needed")), worst
    return (
        feed,
        moved,
        judge_scores(reference.scores, scores, settings),
        judge_estimate(reference.scores, scores, different),
    ), worst


def _why_not(rows: int, dropped: int, settings: DriftSettings) -> str:
    if dropped > MOST_DROPPED * (rows + dropped):
        return f"{dropped} of {rows + dropped} rows were dropped before they were counted"
    if rows < settings.min_rows:
        return f"{rows} rows are too few, at least {settings.min_rows} are needed"
    return ""


def _skipped(signals: tuple[Signal, ...], reason: str) -> tuple[Finding, ...]:
    return tuple(Finding(signal, Outcome.SKIPPED, reason) for signal in signals)


def _badness(figures: FeatureFigures) -> tuple[bool, float, float]:
    return figures.fault is not None, figures.distance, figures.psi / figures.psi_bound
