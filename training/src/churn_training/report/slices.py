"""Groups of customers, by category or by quarter of a number: where the ensemble is worse than elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from churn_models.delong import delong
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, Feature
from churn_models.reference import QUANTILES, NumericReference
from numpy.typing import NDArray
from scipy.stats import norm

from churn_training.intervals import LEVEL, Bounds, wilson
from churn_training.report.facts import Facts
from churn_training.report.page import Notes, Section, Table
from churn_training.report.words import count, interval, listed, measured, percent, percents

_ANCHOR, _TITLE = "slices", "Groups of customers"
_QUARTERS = [QUANTILES.index(share) for share in (0.25, 0.5, 0.75)]
_MOST_FEATURES = 20
_MOST_PARTS = 12
_SMALL = 50
_FEWEST_OF_A_CLASS = 10


@dataclass(frozen=True)
class Slice:
    """The rows that judge of one value of one feature."""

    feature: str
    value: str
    rows: int
    churned: int
    expected: float
    """Churners that the scores expect."""
    deviation: float
    """Of that number, where each score is the probability that it says."""
    auc: tuple[float, Bounds] | None
    """None where a class has too few rows to rank."""

    @property
    def chance(self) -> float:
        """How often scores that are right would be as far from what happened."""
        if self.deviation == 0:
            return 1.0
        return float(2 * norm.sf(abs(self.churned - self.expected) / self.deviation))


@dataclass(frozen=True)
class _Part:
    """A value of one feature and whether each row that judges has it `[rows]`."""

    value: str
    chosen: NDArray[np.bool_]


def slices_section(facts: Facts) -> Section:
    """A table of all of them, and those that stand out."""
    if facts.matrix is None:
        lead = "The bundle keeps no customer's features: name the data set by --dataset to see groups here."
        return Section(_ANCHOR, _TITLE, lead)
    names = _most_important(facts)
    found = [each for name in names for each in _of_feature(facts, name, facts.matrix)]
    left_out = len(facts.schema.names) - len(names)
    shown = f" The {len(names)} most important features are shown, {left_out} are not." if left_out else ""
    lead = (
        f"The {count(len(facts.holdout.target))} rows that judge by the value of each feature. Groups of fewer than "
        f"{_SMALL} rows are marked as small; below {_FEWEST_OF_A_CLASS} rows of a class no AUC is given.{shown}"
    )
    return Section(_ANCHOR, _TITLE, lead, (Notes(_standing_out(found)), _table(found)))


def _most_important(facts: Facts) -> list[str]:
    """In the order of the schema."""
    ordered = sorted(facts.schema.names, key=lambda name: -facts.reference.features[name].importance.mean)
    chosen = set(ordered[:_MOST_FEATURES])
    return [name for name in facts.schema.names if name in chosen]


def _of_feature(facts: Facts, name: str, matrix: Matrix) -> Iterator[Slice]:
    position = facts.schema.names.index(name)
    parts = [part for part in _parts(facts, facts.schema.features[position], matrix[:, position]) if part.chosen.any()]
    # Of many, the largest, in the order of the schema.
    ordered = sorted(range(len(parts)), key=lambda place: -int(parts[place].chosen.sum()))
    yield from (_slice(facts, name, parts[place]) for place in sorted(ordered[:_MOST_PARTS]))
    if rest := [parts[place].chosen for place in ordered[_MOST_PARTS:]]:
        yield _slice(facts, name, _Part(f"{len(rest)} rarer ones", np.any(rest, axis=0)))


def _parts(facts: Facts, feature: Feature, values: Matrix) -> list[_Part]:
    missing = [_Part("(missing)", np.isnan(values))]
    if isinstance(feature, CategoricalFeature):
        return [_Part(category, values == code) for code, category in enumerate(feature.categories)] + missing
    found = facts.reference.features[feature.name]
    if not isinstance(found, NumericReference) or not found.quantiles:
        return missing
    cuts = sorted({found.quantiles[place] for place in _QUARTERS})
    lows, highs = [-np.inf, *cuts], [*cuts, np.inf]
    return [
        _Part(_range(low, high), (values > low) & (values <= high)) for low, high in zip(lows, highs, strict=True)
    ] + missing


def _range(low: float, high: float) -> str:
    if low == -np.inf:
        return f"up to {measured(high)}"
    return f"above {measured(low)}" if high == np.inf else f"{measured(low)} to {measured(high)}"


def _slice(facts: Facts, feature: str, part: _Part) -> Slice:
    target, scores = facts.holdout.target[part.chosen].astype(np.int64), facts.holdout.score[part.chosen]
    churned, auc = int(target.sum()), None
    if min(churned, len(target) - churned) >= _FEWEST_OF_A_CLASS:
        areas = delong(target, scores)
        auc = (float(areas.values[0]), areas.interval(0, LEVEL))
    deviation = float(np.sqrt(np.sum(scores * (1 - scores))))
    return Slice(feature, part.value, len(target), churned, float(scores.sum()), deviation, auc)


def _standing_out(found: list[Slice]) -> tuple[str, ...]:
    """Those whose churn the scores get wrong, after Bonferroni's correction: among many groups some do so by chance."""
    wrong = [each for each in found if each.chance * len(found) < 1 - LEVEL]
    if not wrong:
        return (f"In none of the {len(found)} groups is churn further from the scores than chance explains.",)
    named = [
        f"{each.feature} {each.value}: the scores expect {percent(each.expected / each.rows)}, "
        f"{percent(each.churned / each.rows)} churned"
        for each in wrong
    ]
    return (f"Further from the scores than chance explains, corrected for {len(found)} groups: {listed(named)}.",)


def _table(found: list[Slice]) -> Table:
    rows = tuple(
        (
            each.feature,
            each.value,
            f"{count(each.rows)}{', small' if each.rows < _SMALL else ''}",
            percent(each.churned / each.rows),
            percents(wilson(each.churned, each.rows)),
            percent(each.expected / each.rows),
            *_auc(each),
        )
        for each in found
    )
    headings = ("feature", "value", "rows", "churned", "95 % interval", "scores expect", "AUC", "95 % interval")
    return Table("Churn, what the scores expect of it, and AUC", headings, rows)


def _auc(found: Slice) -> tuple[str, str]:
    return ("too few", "") if found.auc is None else (f"{found.auc[0]:.3f}", interval(found.auc[1], 3))
