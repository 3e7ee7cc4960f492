"""The winner itself: its members and how alike they are, and whether more customers would help."""

import json

from matplotlib.axes import Axes

from churn_training.report.draw import FIRST, draw
from churn_training.report.members import rank_correlations
from churn_training.report.page import Block, Figure, Notes, Section, Table
from churn_training.report.words import count, number
from churn_training.search.corrected_t_test import ROPE
from churn_training.search.page.facts import SearchFacts


def winner_section(facts: SearchFacts) -> Section:
    """Its members with their parameters; of several, how alike they order customers."""
    members = facts.winner.members
    lead = f"{len(members)} members join by {facts.winner.combine}." if len(members) > 1 else "One member is all of it."
    names = [member.name for member in members]
    parameters = tuple(
        (member.name, f"{member.kind}", f"{member.weight:.4g}", json.dumps(member.parameters, ensure_ascii=False))
        for member in members
    )
    blocks: list[Block] = [Table("Its members", ("member", "kind", "weight", "parameters"), parameters)]
    if len(members) > 1:
        alike = rank_correlations(facts.members)
        rows = tuple((name, *(f"{value:.3f}" for value in row)) for name, row in zip(names, alike, strict=True))
        caption = "Rank correlation of the members' scores (1: they order customers alike)"
        blocks.append(Table(caption, ("member", *names), rows))
    return Section("winner", "What was found", lead, tuple(blocks))


def learning_section(facts: SearchFacts) -> Section:
    """The winner fitted on parts of the rows."""
    points = facts.learning
    if len(points) < 2:
        note = Notes(("There are too few customers, or there was too little time, to fit it on a part of them.",))
        return Section("learning", "Would more customers help?", "It cannot be told.", (note,))
    gain = points[-1].auc - points[-2].auc
    says = "more customers would help" if gain > ROPE else "more customers of this kind would hardly help"
    lead = (
        f"Fitted on {count(points[-2].rows)} customers the winner's AUC is {number(points[-2].auc)}, on "
        f"{count(points[-1].rows)} {number(points[-1].auc)}: {says}."
    )
    rows = tuple((count(one.rows), number(one.auc), f"{number(one.low)} to {number(one.high)}") for one in points)
    table = Table("The winner by rows to fit on", ("rows", "AUC", "lowest to highest fold"), rows)
    return Section("learning", "Would more customers help?", lead, (_curve(facts), table))


def _curve(facts: SearchFacts) -> Figure:
    rows = [one.rows for one in facts.learning]

    def fill(axes: Axes) -> None:
        axes.fill_between(
            rows, [one.low for one in facts.learning], [one.high for one in facts.learning], color=FIRST, alpha=0.2
        )
        axes.plot(rows, [one.auc for one in facts.learning], "o-", color=FIRST)
        axes.set(xlabel="rows to fit on", ylabel="AUC", xlim=(0, None))

    caption = "Learning curve: mean AUC on customers left out; the band is from the lowest fold to the highest."
    return draw("learning", caption, f"Learning curve from {rows[0]} to {rows[-1]} rows", fill)
