"""What kind of feature a column is, with the doubts that stand as comments in schema.yaml."""

import math
from dataclasses import dataclass

from churn_models.feature_schema import CategoricalFeature, Feature
from churn_models.numeric_feature import NumericFeature, Range

from churn_training.init.profile import ColumnProfile, Numbers
from churn_training.init.same_word import group_spellings

_FEW_WHOLE_NUMBERS = 6
_RARE_ROWS = 20
_RARE_SHARE = 0.001
_MOST_NAMED = 8


@dataclass(frozen=True)
class FeatureGuess:
    """A feature as schema.yaml will have it, and what a person should look at."""

    feature: Feature
    doubts: tuple[str, ...]


def guess_feature(column: ColumnProfile) -> FeatureGuess:
    """Numbers are numeric, except where there are only two or one; everything else is categorical."""
    markers = ", ".join(f'"{word}" in {rows} rows' for word, rows in column.markers)
    doubts = [f"taken for a missing value: {markers}; if it is a category, list it"] if markers else []
    if column.numbers is not None and not (column.numbers.whole and column.distinct <= 2):
        return _numeric(column, column.numbers, doubts)
    return _categorical(column, doubts)


def roomy_range(numbers: Numbers) -> Range:
    """Bounds that tomorrow's customers keep and a typing error does not: 0, or the next power of ten of the double."""
    return Range(
        low=0.0 if numbers.low >= 0 else -_power_of_ten(-numbers.low),
        high=_power_of_ten(numbers.high) if numbers.high > 0 else 0.0,
    )


def _numeric(column: ColumnProfile, numbers: Numbers, doubts: list[str]) -> FeatureGuess:
    if column.strays:
        strays = ", ".join(map(repr, column.strays[:3]))
        doubts.append(f"no number: {strays}; training refuses such rows until missing: names what means a gap")
    if numbers.too_large:
        doubts.append(
            f"infinite in {numbers.too_large} rows: training refuses them; leave these cells empty in the data"
        )
    if numbers.whole and column.distinct <= _FEW_WHOLE_NUMBERS:
        words = ", ".join(sorted((word for word, _ in column.words), key=_number)) if not column.strays else ""
        doubts.append(f"only {words}: if they are codes and no amounts, make it categorical")
    feature = NumericFeature(
        name=column.name,
        nullable=column.missing > 0,
        allowed=roomy_range(numbers),
        seen=Range(low=numbers.low, high=numbers.high),
    )
    return FeatureGuess(feature, tuple(doubts))


def _categorical(column: ColumnProfile, doubts: list[str]) -> FeatureGuess:
    fewest = max(_RARE_ROWS, _RARE_SHARE * column.rows)
    rare = [f"{word} ({rows})" for word, rows in column.words if rows < fewest]
    if rare:
        more = f" and {len(rare) - _MOST_NAMED} more" if len(rare) > _MOST_NAMED else ""
        doubts.append(f"rare: {', '.join(rare[-_MOST_NAMED:])}{more}")
    alike = [words for words, _ in group_spellings(column.words) if len(words) > 1] if column.numbers is None else []
    doubts += [f"{', '.join(map(repr, words))} look like one word; each is a category by itself" for words in alike]
    words = sorted(word for word, _ in column.words)
    if column.numbers is not None and not column.strays:
        words.sort(key=_number)
    feature = CategoricalFeature(name=column.name, nullable=column.missing > 0, categories=tuple(words))
    return FeatureGuess(feature, tuple(doubts))


def _number(word: str) -> float:
    return float(word.replace(",", "."))


def _power_of_ten(number: float) -> float:
    return float(10.0 ** math.ceil(math.log10(2 * number)))
