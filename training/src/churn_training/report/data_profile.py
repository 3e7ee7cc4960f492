"""Which rows were learned from, feature by feature, and what about them deserves a look."""

from churn_models.reference import QUANTILES, CategoricalReference, FeatureReference, NumericReference

from churn_training.datasets import SYNTHETIC
from churn_training.report.facts import Facts
from churn_training.report.page import Notes, Section, Table
from churn_training.report.words import count, listed, measured, percent

_MUCH_MISSING = 0.05
_NEARLY_CONSTANT = 0.99
_FEW_ROWS = 20
_FEW_CHURNERS = 100
_MIDDLE = QUANTILES.index(0.5)


def data_section(facts: Facts) -> Section:
    """Rows, period, and each feature."""
    dataset, judged = facts.origin.dataset, facts.evaluation
    period = f", seen from {dataset.data_from} to {dataset.data_to}" if dataset.data_from else ""
    lead = (
        f"{count(dataset.rows)} rows of {dataset.name}{period}: {count(judged.train_rows)} were fitted on, "
        f"{count(judged.holdout_rows)} judge, {count(judged.waiting_rows)} were used for nothing. "
        f"Of those that judge, {percent(judged.churn_rate)} churned."
    )
    features = facts.reference.features
    numeric = [(name, found) for name, found in features.items() if isinstance(found, NumericReference)]
    words = [(name, found) for name, found in features.items() if isinstance(found, CategoricalReference)]
    blocks = []
    if numeric:
        blocks.append(_numeric(numeric))
    if words:
        blocks.append(_categorical(words))
    return Section("data", "The data", lead, tuple(blocks))


def quality_section(facts: Facts) -> Section:
    """What a look at the data may explain."""
    features = facts.reference.features
    notes = [*_of_all(facts), *(note for name, found in features.items() for note in _of_feature(name, found))]
    lead = (
        "Nothing stands out." if not notes else "None of this refuses the data; it may explain what the figures show."
    )
    return Section("data-quality", "Notes on the data", lead, (Notes(tuple(notes)),) if notes else ())


def _numeric(features: list[tuple[str, NumericReference]]) -> Table:
    rows = tuple((name, percent(found.missing_ratio), *_spread(found)) for name, found in features)
    headings = ("feature", "missing", "lowest", "median", "mean", "highest", "commonest value")
    return Table("Numbers, of the rows that were fitted on", headings, rows)


def _spread(found: NumericReference) -> tuple[str, ...]:
    if found.low is None or found.high is None:
        return ("none", "none", "none", "none", "none")
    values = (found.low, found.quantiles[_MIDDLE], found.sum / found.n, found.high)
    return (*map(measured, values), percent(found.commonest_ratio))


def _categorical(features: list[tuple[str, CategoricalReference]]) -> Table:
    rows = tuple(
        (name, percent(found.missing_ratio), percent(found.unseen_ratio), str(len(found.counts)), _commonest(found))
        for name, found in features
    )
    headings = ("feature", "missing", "unseen", "categories", "the most frequent")
    return Table("Categories, of the rows that were fitted on", headings, rows)


def _commonest(found: CategoricalReference) -> str:
    ordered = sorted(found.counts.items(), key=lambda item: -item[1])
    return listed([f"{category} {percent(rows / max(1, found.n))}" for category, rows in ordered], most=5)


def _of_all(facts: Facts) -> list[str]:
    notes = []
    judged, holdout = facts.evaluation, facts.holdout
    if facts.origin.dataset.name == SYNTHETIC:
        notes.append("The customers are made up: nothing here says how good the ensemble is for real ones.")
    if (churners := int(holdout.target.sum())) < _FEW_CHURNERS:
        notes.append(f"Only {churners} of the rows that judge churned, so every interval here is wide.")
    if judged.waiting_rows:
        notes.append(
            f"{count(judged.waiting_rows)} rows were used for nothing: their class came too late (label_delay)."
        )
    if facts.schema.time is None:
        notes.append("No column says when a row was seen (time), so nothing here tells how the figures age.")
    if holdout.treated is not None and holdout.treated.any():
        notes.append(
            f"{percent(float(holdout.treated.mean()))} of the rows that judge were acted upon (treated): whom that "
            "kept counts as one who stayed."
        )
    return notes


def _of_feature(name: str, found: FeatureReference) -> list[str]:
    notes = []
    if found.n == 0:
        return [f"{name} has no value in any row."]
    if found.missing_ratio >= _MUCH_MISSING:
        notes.append(f"{name} is missing in {percent(found.missing_ratio)} of the rows.")
    if found.commonest_ratio >= _NEARLY_CONSTANT:
        notes.append(f"{name} is nearly constant: {percent(found.commonest_ratio)} of its values are one and the same.")
    if isinstance(found, CategoricalReference):
        absent = [category for category, rows in found.counts.items() if rows == 0]
        rare = [category for category, rows in found.counts.items() if 0 < rows < _FEW_ROWS]
        if absent:
            notes.append(f"{name}: {listed(absent)} came in no row.")
        if rare:
            notes.append(f"{name}: {listed(rare)} came in fewer than {_FEW_ROWS} rows each, too few to learn from.")
    return notes
