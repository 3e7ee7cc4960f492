"""What acting on the highest scores brings, where ensemble.yaml says what a churner is worth and what acting costs."""

import numpy as np
from churn_models.combine import Scores
from churn_models.ensemble_spec import Maximise, Threshold
from matplotlib.axes import Axes
from numpy.typing import NDArray

from churn_training.intervals import wilson
from churn_training.report.draw import FIRST, MUTED, SECOND, draw, thinned
from churn_training.report.facts import Facts
from churn_training.report.page import Figure, Section, Table
from churn_training.report.words import count, interval, percent
from churn_training.training_data import Target

_ANCHOR, _TITLE = "profit", "What it is worth"
_PER = 1_000


def profit_section(facts: Facts) -> Section:
    """Profit for 1,000 customers by the share that is acted upon; without costs, how to name them."""
    if facts.spec is None:
        return Section(
            _ANCHOR, _TITLE, "Costs are in ensemble.yaml, which is not in the bundle: name it by --ensemble."
        )
    threshold = facts.spec.threshold
    if threshold.maximise is not Maximise.PROFIT:
        how = "threshold: {maximise: profit, value: …, cost: …}"
        return Section(_ANCHOR, _TITLE, f"ensemble.yaml names no costs. With {how} the profit curve stands here.")
    target, scores = facts.holdout.target.astype(np.int64), facts.holdout.score
    chosen = scores >= facts.origin.threshold
    lead = (
        f"A churner who is acted upon brings {threshold.value:g}, acting on any customer costs {threshold.cost:g}. "
        f"The threshold {facts.origin.threshold:.4f} acts on {percent(float(chosen.mean()))} of the customers."
    )
    figure = _curve(threshold, target, scores, float(chosen.mean()))
    return Section(_ANCHOR, _TITLE, lead, (figure, _choices(threshold, target, chosen)))


def _curve(threshold: Threshold, target: Target, scores: Scores, chosen: float) -> Figure:
    hits = np.concatenate([[0], np.cumsum(target[np.argsort(-scores, kind="stable")])])
    acted = np.arange(len(hits))
    profit = (threshold.value * hits - threshold.cost * acted) * _PER / len(target)
    share = acted / len(target)

    def fill(axes: Axes) -> None:
        axes.plot(*thinned(share, profit), color=FIRST)
        axes.plot([0, 1], [0, profit[-1]], linestyle=":", color=MUTED)
        axes.axvline(chosen, linestyle="--", color=SECOND)
        axes.set(xlabel="share of customers acted upon, highest scores first", ylabel="profit for 1,000 customers")

    best = int(np.argmax(profit))
    alt = f"Profit for 1,000 customers, highest at {percent(float(share[best]))} acted upon with {profit[best]:.4g}"
    return draw("profit", "Profit: dashed is the threshold, dotted is choosing customers by chance.", alt, fill)


def _choices(threshold: Threshold, target: Target, chosen: NDArray[np.bool_]) -> Table:
    everybody = np.ones(len(target), dtype=bool)
    named = {"those above the threshold": chosen, "everybody": everybody, "nobody": ~everybody}
    rows = tuple((name, *_worth(threshold, target, acted)) for name, acted in named.items())
    return Table("Profit for 1,000 customers", ("acted upon", "customers", "profit", "95 % interval"), rows)


def _worth(threshold: Threshold, target: Target, acted: NDArray[np.bool_]) -> tuple[str, str, str]:
    rows, hits = int(acted.sum()), int(target[acted].sum())
    if not rows:
        return "0", "0.0", "0.0 to 0.0"
    scale = _PER / len(target) * rows
    low, high = ((threshold.value * share - threshold.cost) * scale for share in wilson(hits, rows))
    profit = (threshold.value * hits / rows - threshold.cost) * scale
    return count(rows), f"{profit:.1f}", interval((low, high), 1)
