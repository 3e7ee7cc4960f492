"""How good the scores are: figures with intervals, ROC, precision and recall, lift by tenths."""

import math

import numpy as np
from churn_models.combine import Scores
from matplotlib.axes import Axes
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_curve

from churn_training.intervals import Bounds, Z, wilson
from churn_training.metrics import Metric
from churn_training.report.draw import FIRST, MUTED, draw, thinned
from churn_training.report.facts import Facts
from churn_training.report.page import Figure, Section, Table
from churn_training.report.verdict import bounds
from churn_training.report.words import LABELS, MEANINGS, count, interval, number, percent, percents
from churn_training.training_data import Target

_PARTS = 10


def performance_section(facts: Facts) -> Section:
    """What the rows that judge say of the ensemble."""
    target, scores = facts.holdout.target.astype(np.int64), facts.holdout.score
    lead = (
        f"All figures are of {count(len(target))} customers whom no fit has seen. An interval holds the true figure in "
        "95 of 100 such samples."
    )
    blocks = (_metrics(facts), _roc(facts, target, scores), _precision_recall(target, scores))
    return Section("performance", "How good it is", lead, (*blocks, _lift(target, scores), _tenths(target, scores)))


def average_precision(target: Target, scores: Scores) -> tuple[float, Bounds]:
    """The area under precision and recall, with the logit interval of Boyd, Eng and Page (2013)."""
    area = float(average_precision_score(target, scores))
    inside = min(max(area, 1e-6), 1 - 1e-6)
    middle, reach = math.log(inside / (1 - inside)), Z / math.sqrt(float(target.sum()) * inside * (1 - inside))
    low, high = (1 / (1 + math.exp(-end)) for end in (middle - reach, middle + reach))
    return area, (low, high)


def _metrics(facts: Facts) -> Table:
    asked = bounds(facts.spec.gate) if facts.spec else {}
    unknown = "" if facts.spec else "not in the bundle"
    rows = tuple(
        (
            LABELS[metric],
            number(found.value),
            interval((found.low, found.high)),
            asked.get(metric, unknown or "none"),
            MEANINGS[metric],
        )
        for metric, found in facts.evaluation.ensemble.items()
    )
    return Table("Figures of the ensemble", ("figure", "value", "95 % interval", "gate", "meaning"), rows)


def _roc(facts: Facts, target: Target, scores: Scores) -> Figure:
    false_positive, true_positive, cuts = roc_curve(target, scores)
    auc = facts.evaluation.ensemble[Metric.AUC]
    # Of rows from the highest score down: the last one that is still decided as churn.
    chosen = max(0, int(np.searchsorted(-cuts, -facts.origin.threshold, side="right")) - 1)

    def fill(axes: Axes) -> None:
        axes.plot(*thinned(false_positive, true_positive), color=FIRST)
        axes.plot([0, 1], [0, 1], linestyle=":", color=MUTED)
        axes.plot(false_positive[chosen], true_positive[chosen], marker="o", color=FIRST)
        axes.set(xlabel="share of those who stayed", ylabel="share of those who churned")

    caption = "ROC: whom the ensemble picks from the highest score down. The dot is the threshold; dotted is chance."
    return draw("roc", caption, f"ROC curve with an area of {auc.value:.3f} ({interval((auc.low, auc.high), 3)})", fill)


def _precision_recall(target: Target, scores: Scores) -> Figure:
    precision, recall, _ = precision_recall_curve(target, scores)
    area, ends = average_precision(target, scores)

    def fill(axes: Axes) -> None:
        # Without the last point, which is nobody's.
        axes.plot(*thinned(recall[:-1], precision[:-1]), color=FIRST)
        axes.axhline(float(target.mean()), linestyle=":", color=MUTED)
        axes.set(xlabel="recall: share of churners found", ylabel="precision: churners among found", ylim=(0, 1.02))

    caption = f"Precision and recall: average precision {number(area)} ({interval(ends)}). Dotted is chance."
    return draw("precision-recall", caption, f"Precision against recall, average precision {area:.3f}", fill)


def _lift(target: Target, scores: Scores) -> Figure:
    hits = np.cumsum(target[np.argsort(-scores, kind="stable")])
    share = np.arange(1, len(target) + 1) / len(target)
    lift = hits / hits[-1] / share

    def fill(axes: Axes) -> None:
        # Of the first few customers the ratio jumps with each of them.
        begin = min(len(share) - 1, len(share) // 100)
        axes.plot(*thinned(share[begin:], lift[begin:]), color=FIRST)
        axes.axhline(1, linestyle=":", color=MUTED)
        axes.set(xlabel="share of customers, highest scores first", ylabel="churn, times the average", ylim=(0, None))

    top = lift[max(0, round(len(target) / _PARTS) - 1)]
    caption = "Lift: churn among those whom a campaign reaches, as a multiple of the average. Dotted is chance."
    return draw("lift", caption, f"Lift curve; {top:.2f} in the tenth with the highest scores", fill)


def _tenths(target: Target, scores: Scores) -> Table:
    ordered = target[np.argsort(-scores, kind="stable")]
    rows, found = [], 0
    for part, members in enumerate(np.array_split(ordered, _PARTS), 1):
        churned = int(members.sum())
        found += churned
        if not len(members):
            continue
        rows.append(
            (
                f"{part}",
                count(len(members)),
                count(churned),
                percent(churned / len(members)),
                percents(wilson(churned, len(members))),
                percent(found / max(1, int(target.sum()))),
            )
        )
    headings = ("tenth", "customers", "churned", "churn", "95 % interval", "churners found so far")
    return Table("Customers in tenths, highest scores first", headings, tuple(rows))
