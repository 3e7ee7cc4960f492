"""Which column `init` takes for the target, and what a person should look at."""

from collections.abc import Iterator
from dataclasses import dataclass

from churn_models.spelling import nearest_names

from churn_training.errors import NotDecided
from churn_training.init.guess_classes import CHURN, Classes, find_classes, means_churn
from churn_training.init.name_words import speaks_of
from churn_training.init.profile import ColumnProfile, TableProfile
from churn_training.init.same_word import Words, group_spellings
from churn_training.validate import FEWEST_OF_A_CLASS

_MOST_CLASSES = 6


@dataclass(frozen=True)
class TargetGuess:
    """The column, the words of each class, why it was taken, and what a person should look at."""

    name: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    ignore: tuple[str, ...]
    positive_rows: int
    negative_rows: int
    reason: str
    doubts: tuple[str, ...]


def guess_target(profile: TableProfile, asked: str | None = None) -> TargetGuess:
    """Take the column asked for, else the one whose name speaks of churn, else the last one, if it has two values.

    Raises NotDecided with what the person has to say.
    """
    column, reason, doubts = _find_column(profile, asked)
    if not 2 <= _values(column) <= _MOST_CLASSES:
        raise NotDecided(f"{column.name} has {_values(column)} different values; a target has two: {_shown(column)}")
    if (classes := find_classes(column)) is None:
        raise NotDecided(f"{column.name}: every word means churn, and nobody stayed: {_shown(column)}")
    counts = dict(column.words)
    rows = [sum(counts[word] for word in words) for words in (classes.positive, classes.negative)]
    return TargetGuess(
        name=column.name,
        positive=classes.positive,
        negative=classes.negative,
        ignore=(*classes.ignored, *([""] if column.missing else [])),
        positive_rows=rows[0],
        negative_rows=rows[1],
        reason=f"{reason}; {classes.reason}",
        doubts=(*doubts, *_class_doubts(classes), *_row_doubts(column, classes, rows)),
    )


def _class_doubts(classes: Classes) -> Iterator[str]:
    if classes.ignored:
        yield f"left out as neither class: {_quoted(classes.ignored)}; write to negative which of them stayed"
    for meaning, words in (("churn", classes.positive), ("no churn", classes.negative)):
        if len(words) > 1:
            yield f"{_quoted(words)} all count as {meaning}; move a word to ignore if it is neither"
    if not classes.known:
        yield (
            f'"{classes.positive[0]}" counts as churn because it is the rarer word; turn positive and negative if it '
            "is not"
        )


def _row_doubts(column: ColumnProfile, classes: Classes, rows: list[int]) -> Iterator[str]:
    if column.missing:
        yield f"{column.missing} rows without a value are left out"
    for words, count in zip((classes.positive, classes.negative), rows, strict=True):
        if count < FEWEST_OF_A_CLASS:
            yield f"only {count} rows of {words[0]!r}: training needs {FEWEST_OF_A_CLASS} of each class"


def _values(column: ColumnProfile) -> int:
    """Different words, spellings of one counted once; where only the commonest are known, all that differ."""
    return len(group_spellings(column.words)) if column.distinct == len(column.words) else column.distinct


def _find_column(profile: TableProfile, asked: str | None) -> tuple[ColumnProfile, str, tuple[str, ...]]:
    if asked is not None:
        if asked not in profile.names:
            near = ", ".join(nearest_names(asked, profile.names) or profile.names)
            raise NotDecided(f"there is no column {asked} to predict; there is {near}")
        return profile.column(asked), "--target names it", ()
    possible = [column for column in profile.columns if 2 <= _values(column) <= _MOST_CLASSES and not column.dates]
    if named := [column for column in possible if speaks_of(column.name, CHURN) and _may_be_classes(column)]:
        others = [f"{column.name} speaks of churn, too: is it the target?" for column in named[1:]]
        return named[0], "its name speaks of churn", tuple(others)
    if valued := [column for column in possible if any(means_churn(word) for word, _ in column.words)]:
        return valued[0], "its values speak of churn", ()
    last = profile.columns[-1]
    if _values(last) == 2:
        return last, "the last column, and it has two values", ("is it what you want to predict? else say --target",)
    two = [column.name for column in possible if _values(column) == 2]
    raise NotDecided(f"no column speaks of churn: name the one to predict by --target (two values have: {_list(two)})")


def _may_be_classes(column: ColumnProfile) -> bool:
    """A count of cancelled orders has more values than a class and its exceptions."""
    return _values(column) <= 3 or any(means_churn(word) for word, _ in column.words)


def _shown(column: ColumnProfile) -> str:
    return _list([repr(word) for word, _ in column.words[:_MOST_CLASSES]])


def _quoted(words: Words) -> str:
    return ", ".join(map(repr, words))


def _list(words: list[str]) -> str:
    return ", ".join(words) or "none"
