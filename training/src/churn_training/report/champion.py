"""The ensemble beside the one that served when it was trained, as comparison.json has it."""

from churn_models.comparison import Comparison, Difference

from churn_training.metrics import Metric
from churn_training.report.facts import Facts
from churn_training.report.page import Notes, Section, Table
from churn_training.report.words import LABELS, count, number, signed

_ANCHOR, _TITLE = "champion", "Beside the champion"


def champion_section(facts: Facts) -> Section:
    """Both on the same rows."""
    found = facts.comparison
    if found is None:
        return Section(
            _ANCHOR, _TITLE, "There is no comparison: no champion was there, or none that could be compared."
        )
    known = f"; {count(found.rows_left_out)} rows were left out that it may know" if found.rows_left_out else ""
    lead = f"Both score the same {count(found.rows)} customers, none of whom the champion was fitted on{known}."
    return Section(_ANCHOR, _TITLE, lead, (_side_by_side(found), Notes(tuple(_notes(found)))))


def _side_by_side(found: Comparison) -> Table:
    differences: dict[Metric, Difference] = {Metric.AUC: found.auc, Metric.BRIER: found.brier}
    rows = tuple(
        (
            LABELS[metric],
            number(found.champion_metrics[metric]),
            number(found.challenger_metrics[metric]),
            _difference(differences.get(metric), found.challenger_metrics[metric] - found.champion_metrics[metric]),
        )
        for metric in Metric
    )
    headings = ("figure", f"champion (version {found.champion.version})", "this one", "difference (95 % interval)")
    return Table("Champion and challenger", headings, rows)


def _difference(known: Difference | None, plain: float) -> str:
    return f"{plain:+.4f}" if known is None else signed(known.value, known.low, known.high)


def _notes(found: Comparison) -> list[str]:
    notes = [
        f"Scores moved by a population stability index of {found.score_psi:.3f} (below 0.1 is little).",
        f"The two order customers with a rank correlation of {found.rank_correlation:.3f}.",
    ]
    return notes if found.change is None else [*notes, f"The schema is another one, because: {found.change}"]
