"""What each feature is worth to the ensemble, as reference.json has it."""

import numpy as np
from churn_models.combine import CombineRule, Scores
from churn_models.reference import Importance
from matplotlib.axes import Axes

from churn_training.report.draw import FIRST, INK, draw
from churn_training.report.facts import Facts
from churn_training.report.page import Figure, Section, Table
from churn_training.report.words import listed, shortened

_MOST = 30


def importance_section(facts: Facts) -> Section:
    """The AUC that is lost when a feature is shuffled, five times each."""
    found = {name: feature.importance for name, feature in facts.reference.features.items()}
    ordered = sorted(found.items(), key=lambda item: -item[1].mean)
    unused = [name for name, importance in ordered if not importance.used]
    shown = f" The {_MOST} most important of {len(ordered)} are shown." if len(ordered) > _MOST else ""
    idle = f" No member uses {listed(unused)}." if unused else ""
    lead = (
        "The AUC that the ensemble loses on the rows that judge when one feature is shuffled: the mean of 5 shuffles, "
        f"and its standard error. Of two features that say the same, neither seems to matter. "
        f"What each adds to one customer's score is the output contributions of serving.{shown}{idle}"
    )
    most = ordered[:_MOST]
    shap = () if facts.contributions is None else (_contributions(facts, facts.contributions),)
    return Section("importance", "What the scores rest on", lead, (_bars(most), _table(most), *shap))


def _contributions(facts: Facts, found: Scores) -> Table:
    """A SHAP summary: mean size, and the range in which nine of ten customers are moved."""
    moved = found[:, :-1]
    size = np.abs(moved).mean(axis=0)
    low, high = np.quantile(moved, [0.05, 0.95], axis=0)
    names = facts.schema.scored_names
    ordered = np.argsort(-size, kind="stable")[:_MOST]
    rows = tuple((names[place], f"{size[place]:.4f}", f"{low[place]:+.4f} to {high[place]:+.4f}") for place in ordered)
    unit = "log-odds" if facts.origin.combine is CombineRule.STACK else "probability"
    caption = f"SHAP summary: what each feature adds to the answer, in {unit}, of {len(moved)} customers"
    return Table(caption, ("feature", "mean size", "nine of ten customers"), rows)


def _bars(ordered: list[tuple[str, Importance]]) -> Figure:
    places = np.arange(len(ordered))

    def fill(axes: Axes) -> None:
        means = [importance.mean for _, importance in ordered]
        errors = [importance.standard_error for _, importance in ordered]
        axes.barh(places, means, xerr=errors, color=FIRST, ecolor=INK, capsize=2)
        axes.set_yticks(places, [shortened(name) for name, _ in ordered])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="AUC lost when shuffled")

    first = listed([name for name, _ in ordered], most=3)
    alt = f"Bars of importance, the highest first: {first}"
    return draw("importance", "Permutation importance with standard errors.", alt, fill, 1.2 + 0.26 * len(ordered))


def _table(ordered: list[tuple[str, Importance]]) -> Table:
    rows = tuple(
        (name, f"{found.mean:+.4f}", f"{found.standard_error:.4f}", "yes" if found.used else "no")
        for name, found in ordered
    )
    return Table("Permutation importance", ("feature", "AUC lost", "standard error", "used"), rows)
