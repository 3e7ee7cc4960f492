"""From what the labels' process told about a version to verdicts in words. `cluster.label_watch` asks it."""

from math import exp, log

from churn_models.labels.below_baseline import MARGIN
from churn_models.labels.realised import Figure
from churn_models.labels.report import LabelReport

from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.labels.evidence import LabelEvidence, LabelSignal, LabelVerdict, Realised
from churn_operator.observe.late import after, seconds_between

ALPHA = 0.01
"""How rarely labels accuse a version that is good, over all the time that it serves."""
FEWEST = 200
"""Labels, or labels of rows that both versions scored, below which nothing passes."""
_STALE_SECONDS = 31 * 86_400.0
"""How long after the delay labels may take to be told: those of a month often come at once."""
_EPOCH = "1970-01-01T00:00:00Z"
_DAY = 86_400.0
_MOST = 1e12
"""Of an e-value as it is told: more is no more certain."""
_NO_CONTROL = "campaigns acted upon {} customers and left too few alone, so labels cannot tell"


def judge_labels(report: LabelReport, version: str, delay: float, baseline: float | None, now: str) -> LabelEvidence:
    """`delay` in seconds until a label is mature; `baseline` is the AUC of the rows that judged it in training."""
    newest = None if report.newest is None else after(_EPOCH, report.newest)
    age = None if newest is None else seconds_between(newest, now)
    there_were = report.treated > 0
    return LabelEvidence(
        digest=report.digest,
        version=version,
        previous_digest=report.previous,
        labels=report.labels,
        newest=newest,
        age_seconds=age,
        new_labels=report.new_labels,
        treated=report.treated,
        control_share=report.left_alone / (report.left_alone + report.treated) if there_were else None,
        auc=_realised(report.auc),
        brier=_realised(report.brier),
        calibration=_realised(report.calibration),
        fresh=_fresh(age, delay),
        worse_than_previous=_worse(report),
        below_baseline=_below(report, baseline),
    )


def _fresh(age: float | None, delay: float) -> LabelVerdict:
    if age is None:
        return LabelVerdict(LabelSignal.FRESH, GateVerdict.UNKNOWN, "no label of this version is mature yet")
    told = f"the newest label is of a customer scored {age / _DAY:.0f} days ago; labels need {delay / _DAY:.0f}"
    is_stale = age > delay + _STALE_SECONDS
    verdict = GateVerdict.FAIL if is_stale else GateVerdict.PASS
    return LabelVerdict(LabelSignal.FRESH, verdict, told, figures={"age_seconds": age, "delay_seconds": delay})


def _worse(report: LabelReport) -> LabelVerdict:
    signal, difference = LabelSignal.WORSE_THAN_PREVIOUS, report.brier_above_previous
    if not report.has_control:
        return _unknown(signal, _NO_CONTROL.format(report.treated))
    if report.log_e_worse is None or difference is None:
        return _unknown(signal, "no customer with a label was scored by the version before, too")
    e_value = _e(report.log_e_worse)
    told = (
        f"the Brier score is {abs(difference):.4f} {'above' if difference > 0 else 'below'} that of the version before "
        f"on the same {report.paired} customers (e-value {e_value:.3g}, {1 / ALPHA:.0f} is proof)"
    )
    figures = {"pairs": float(report.paired), "brier_difference": difference, "e": e_value}
    passes = report.paired >= FEWEST and difference <= 0
    verdict = _verdict(report.log_e_worse, passes)
    if verdict is GateVerdict.FAIL and (above := report.auc_above_previous) and above.high > 0:
        # A level that is off for a day is no reason to go back: one day would decide, and the order may be the better.
        order = f"by an AUC of {above.value:+.3f} ({above.low:+.3f} to {above.high:+.3f}) over stretches of time"
        told, verdict = f"{told}; but that it orders them worse is not proved: {order}", GateVerdict.UNKNOWN
    return LabelVerdict(signal, verdict, told, e_value, figures)


def _below(report: LabelReport, baseline: float | None) -> LabelVerdict:
    signal = LabelSignal.BELOW_BASELINE
    if not report.has_control:
        return _unknown(signal, _NO_CONTROL.format(report.treated))
    if baseline is None:
        return _unknown(signal, "nobody knows the AUC that training promised")
    if report.auc is None or report.log_e_below is None:
        return _unknown(signal, f"{report.labels} labels are too few for an AUC")
    e_value, auc = _e(report.log_e_below), report.auc
    told = (
        f"the AUC of {report.labels} labels is {auc.value:.3f} ({auc.low:.3f} to {auc.high:.3f}), at least "
        f"{baseline - MARGIN:.3f} is expected (e-value {e_value:.3g}, {1 / ALPHA:.0f} is proof)"
    )
    figures = {"labels": float(report.labels), "auc": auc.value, "baseline": baseline, "e": e_value}
    passes = report.labels >= FEWEST and auc.value >= baseline - MARGIN
    return LabelVerdict(signal, _verdict(report.log_e_below, passes), told, e_value, figures)


def _unknown(signal: LabelSignal, message: str) -> LabelVerdict:
    return LabelVerdict(signal, GateVerdict.UNKNOWN, message)


def _verdict(log_e: float, passes: bool) -> GateVerdict:
    if log_e >= -log(ALPHA):
        return GateVerdict.FAIL
    return GateVerdict.PASS if passes else GateVerdict.UNKNOWN


def _e(log_e: float) -> float:
    return min(exp(min(log_e, log(_MOST))), _MOST)


def _realised(figure: Figure | None) -> Realised | None:
    return None if figure is None else Realised(figure.value, figure.low, figure.high)
