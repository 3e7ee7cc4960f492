"""Which column `init` takes for the target, and which of its words mean churn."""

import re
from dataclasses import dataclass

from churn_models.spelling import nearest_names

from churn_training.errors import NotDecided
from churn_training.init.name_words import speaks_of, words_of
from churn_training.init.profile import ColumnProfile, TableProfile

_CHURN = ("churn", "attrit", "exit", "cancel", "left", "leav", "lapse", "lost", "gone", "closed", "quit", "terminat")
_STAYED = ("stay", "exist", "active", "retain", "current", "loyal", "kept", "open", "remain")
_YES = frozenset({"yes", "y", "true", "t", "1"})
_NO = frozenset({"no", "n", "false", "f", "0", "-1"})
_NOT = _NO | {"not", "non", "never", "without", "didn", "hasn", "isn", "wasn"}
_NUMBER = re.compile(r"-?\d+")
_MOST_CLASSES = 6


@dataclass(frozen=True)
class TargetGuess:
    """The column, its words, why it was taken, and what a person should look at."""

    name: str
    positive: str
    negative: str
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
    if not 2 <= column.distinct <= _MOST_CLASSES:
        raise NotDecided(f"{column.name} has {column.distinct} different values; a target has two: {_shown(column)}")
    words = [word for word, _ in column.words]
    yes, why, known = _find_positive(column)
    others = [word for word in words if word != yes]
    no = next((word for word in others if _means_stayed(word)), others[0])
    ignored = [word for word in others if word != no]
    counts = dict(column.words)
    if ignored:
        doubts += (f"{', '.join(map(repr, ignored))} are neither: left out; write them to negative if they stayed",)
    if not known:
        doubts += (f'"{yes}" counts as churn because it is the rarer word; turn positive and negative if it is not',)
    return TargetGuess(
        name=column.name,
        positive=yes,
        negative=no,
        ignore=(*ignored, *([""] if column.missing else [])),
        positive_rows=counts[yes],
        negative_rows=counts[no],
        reason=f"{reason}; {why}",
        doubts=doubts + ((f"{column.missing} rows without a value are left out",) if column.missing else ()),
    )


def _find_column(profile: TableProfile, asked: str | None) -> tuple[ColumnProfile, str, tuple[str, ...]]:
    if asked is not None:
        if asked not in profile.names:
            near = ", ".join(nearest_names(asked, profile.names) or profile.names)
            raise NotDecided(f"there is no column {asked} to predict; there is {near}")
        return profile.column(asked), "--target names it", ()
    possible = [column for column in profile.columns if 2 <= column.distinct <= _MOST_CLASSES and not column.dates]
    if named := [column for column in possible if speaks_of(column.name, _CHURN) and column.distinct <= 3]:
        others = [f"{column.name} speaks of churn, too: is it the target?" for column in named[1:]]
        return named[0], "its name speaks of churn", tuple(others)
    if valued := [column for column in possible if any(_means_churn(word) for word, _ in column.words)]:
        return valued[0], "its values speak of churn", ()
    last = profile.columns[-1]
    if last.distinct == 2:
        return last, "the last column, and it has two values", ("is it what you want to predict? else say --target",)
    two = [column.name for column in possible if column.distinct == 2]
    raise NotDecided(f"no column speaks of churn: name the one to predict by --target (two values have: {_list(two)})")


def _find_positive(column: ColumnProfile) -> tuple[str, str, bool]:
    """The word for churn, why, and whether it is known to be one."""
    words = [word for word, _ in column.words]
    for word in words:
        if _means_churn(word):
            return word, f'"{word}" means churn', True
    if yes := [word for word in words if _first(word) in _YES]:
        no = [word for word in words if _first(word) in _NO]
        if no and _names_who_stays(column.name):
            return no[0], f'"{no[0]}" is its word for no, and the column names who stays', True
        if no or not _NUMBER.fullmatch(yes[0]):
            return yes[0], f'"{yes[0]}" is its word for yes', True
    rarest = [word for word in words if not _means_stayed(word)][-1:] or words[-1:]
    return rarest[0], f'its words are not known, "{rarest[0]}" is the rarer one', False


def _means_churn(word: str) -> bool:
    return speaks_of(word, _CHURN) and not _NOT & set(words_of(word))


def _means_stayed(word: str) -> bool:
    denied = bool(_NOT & set(words_of(word)))
    if speaks_of(word, _CHURN) or speaks_of(word, _STAYED):
        return speaks_of(word, _CHURN) if denied else speaks_of(word, _STAYED)
    return _first(word) in _NO


def _names_who_stays(column: str) -> bool:
    return speaks_of(column, _STAYED) and not speaks_of(column, _CHURN)


def _first(word: str) -> str:
    """The word that decides, a number with its sign: -1 is no 1."""
    return word if _NUMBER.fullmatch(word) else next(iter(words_of(word)), "")


def _shown(column: ColumnProfile) -> str:
    return _list([repr(word) for word, _ in column.words[:_MOST_CLASSES]])


def _list(words: list[str]) -> str:
    return ", ".join(words) or "none"
