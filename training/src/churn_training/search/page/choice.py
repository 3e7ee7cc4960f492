"""Every candidate on customers that no trial has seen, and what it costs to serve."""

import numpy as np
from matplotlib.axes import Axes

from churn_training.report.draw import FIRST, INK, MUTED, draw
from churn_training.report.page import Figure, Section, Table
from churn_training.report.words import count, number, percent, shortened, signed
from churn_training.search.choose import Candidate, Compared
from churn_training.search.page.facts import SearchFacts


def choice_section(facts: SearchFacts) -> Section:
    """The leaderboard: the best first, each beside it."""
    ordered = sorted(facts.candidates, key=lambda one: -one.auc)
    lead = (
        f"{_proof(facts)} The test is that of Nadeau and Bengio, which knows that folds share rows; Holm's correction "
        f"is over all candidates. {_tolerance(facts.choice.tolerance)}"
    )
    if facts.choice.left_out:
        lead += f" There was no time to compare {', '.join(facts.choice.left_out)}."
    return Section("choice", "Who won, and who did not", lead, (_table(facts, ordered), _drawn(facts, ordered)))


def _tolerance(auc: float) -> str:
    if not auc:
        return "The best one wins, whatever it costs to serve."
    return (
        f"A difference below {auc:g} is one that nobody would notice. "
        "Of those that are as good as the best, the cheapest to serve wins."
    )


def _proof(facts: SearchFacts) -> str:
    if not facts.choice.folds.proves:
        return (
            "Nothing is proved here: candidates were compared in the folds of the trials that found them, whose "
            "figures flatter what was chosen by them."
        )
    if facts.inner_searches:
        return (
            f"What is compared is procedures, not single ensembles: in each of {facts.inner_searches} folds the search "
            "was done anew on the customers to fit on, and what each procedure made of it was scored on the customers "
            "left out, whom that search had not seen. Costs are of what each makes of the search on all of them."
        )
    return (
        f"All candidates were fitted and scored on the same folds, in which {count(facts.rows.proving)} customers "
        "were left out whom no trial had seen."
    )


def _table(facts: SearchFacts, ordered: list[Candidate]) -> Table:
    beside = {compared.name: compared for compared in facts.choice.beside_best}
    rows = tuple(
        (
            one.name,
            number(one.auc),
            *_beside(beside.get(one.name)),
            *_cost(one),
            _word(facts, beside.get(one.name), one),
        )
        for one in ordered
    )
    headings = (
        *("candidate", "AUC", "less the best one's (95 % interval)", "p (Holm)"),
        *("probably worse by more than nobody notices", "one row", "files", "members", "verdict"),
    )
    whom = "customers that no trial has seen" if facts.choice.folds.proves else "the customers of the trials"
    return Table(f"Candidates on {whom}", headings, rows)


def _beside(compared: Compared | None) -> tuple[str, str, str]:
    if compared is None:
        return "the best", "", ""
    difference = compared.difference
    between = signed(difference.mean, difference.low, difference.high)
    return between, f"{compared.p_value:.3f}", percent(difference.worse)


def _cost(one: Candidate) -> tuple[str, str, str]:
    taken = one.cost.microseconds
    return (
        "not measured" if taken is None else f"{taken:.3g} µs",
        f"{one.cost.size / 1000:,.0f} kB",
        f"{one.cost.members}",
    )


def _word(facts: SearchFacts, compared: Compared | None, one: Candidate) -> str:
    if one.name == facts.choice.winner:
        return "won"
    if compared is None or compared.is_as_good:
        return "as good, not cheaper"
    return "proved worse" if compared.is_proved else "probably worse"


def _drawn(facts: SearchFacts, ordered: list[Candidate]) -> Figure:
    beside = {compared.name: compared.difference for compared in facts.choice.beside_best}
    others = [one for one in ordered if one.name in beside]
    places = np.arange(len(others))

    def fill(axes: Axes) -> None:
        for place, one in zip(places, others, strict=True):
            found = beside[one.name]
            colour = FIRST if one.name == facts.choice.winner else INK
            axes.plot([found.low, found.high], [place, place], color=colour)
            axes.plot(found.mean, place, "o", color=colour)
        axes.axvspan(-facts.choice.tolerance, facts.choice.tolerance, color=MUTED, alpha=0.2, linewidth=0)
        axes.axvline(0, linestyle=":", color=MUTED)
        axes.set_yticks(places, [shortened(one.name) for one in others])
        axes.invert_yaxis()
        axes.set(xlabel=f"AUC less that of {shortened(facts.choice.best)}")

    caption = "Differences to the best one with 95 % intervals; in the band they are too small to be noticed."
    return draw(
        "candidates", caption, f"Differences of {len(others)} candidates to the best", fill, 1.2 + 0.3 * len(others)
    )
