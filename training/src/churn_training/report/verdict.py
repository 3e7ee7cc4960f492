"""Why the gate let the ensemble pass or not, in one sentence for whoever has to answer for it."""

from churn_models.comparison import Comparison
from churn_models.ensemble_spec import Gate

from churn_training.gate import missed
from churn_training.metrics import Metric
from churn_training.report.facts import Facts
from churn_training.report.page import Verdict
from churn_training.report.words import percent


def verdict(facts: Facts) -> Verdict:
    """Passed or refused, and why."""
    if facts.refusal is None:
        return Verdict(True, f"{_passed(facts)}; {_beside(facts.comparison)}.")
    if facts.spec and missed(facts.spec.gate, facts.evaluation.values()):
        return Verdict(False, f"Not good enough to be registered: {_in_one_line(facts.refusal)}.")
    return Verdict(False, f"Not registered, the model that serves now stays: {_in_one_line(facts.refusal)}.")


def bounds(gate: Gate) -> dict[Metric, str]:
    """What the gate asks of each figure, in words."""
    least = {Metric.AUC: gate.min_auc, Metric.ACCURACY: gate.min_accuracy, Metric.LIFT: gate.min_lift}
    most = {
        Metric.LOG_LOSS: gate.max_log_loss,
        Metric.BRIER: gate.max_brier,
        Metric.CALIBRATION_ERROR: gate.max_calibration_error,
    }
    asked = {metric: f"at least {bound:g}" for metric, bound in least.items() if bound is not None}
    return asked | {metric: f"at most {bound:g}" for metric, bound in most.items() if bound is not None}


def _passed(facts: Facts) -> str:
    found = facts.evaluation.values()
    skill = (
        f"of a customer who churned and one who stayed it scores the right one higher in {percent(found[Metric.AUC])} "
        f"of all pairs, and the tenth with the highest scores churns {found[Metric.LIFT]:.1f} times as often as all"
    )
    if facts.spec is None:
        return f"Good enough to be registered: {skill}, which met the bounds that it was trained with"
    asked = len(bounds(facts.spec.gate))
    if not asked:
        return f"Registered without a bound to meet: {skill}"
    return f"Good enough to be registered: {skill}, and {_all(asked)} of its gate {'hold' if asked > 1 else 'holds'}"


def _all(asked: int) -> str:
    return f"all {asked} bounds" if asked > 1 else "the one bound"


def _beside(comparison: Comparison | None) -> str:
    if comparison is None:
        return "no champion was compared with"
    difference = comparison.auc
    if difference.low > 0:
        judged = "is better than"
    elif difference.high < 0:
        judged = "is worse, within what was allowed, than"
    else:
        judged = "cannot be told apart, within what was allowed, from"
    return (
        f"on the same customers it {judged} the champion, version {comparison.champion.version} "
        f"(AUC {difference.value:+.4f}, at worst {difference.low:+.4f})"
    )


def _in_one_line(refusal: str) -> str:
    first, *rest = (line.strip().removeprefix("- ") for line in refusal.rstrip(". ").splitlines())
    return f"{first} {'; '.join(rest)}".strip()
