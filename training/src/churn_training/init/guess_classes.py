"""Which words of the target mean churn, which mean that the customer stayed, and which are neither."""

import re
from dataclasses import dataclass

from churn_training.init.name_words import speaks_of, words_of
from churn_training.init.profile import ColumnProfile
from churn_training.init.same_word import Words, group_spellings

CHURN = ("churn", "attrit", "exit", "cancel", "left", "leav", "lapse", "lost", "gone", "closed", "quit", "terminat")
_STAYED = ("stay", "exist", "active", "retain", "current", "loyal", "kept", "open", "remain")
_YES = frozenset({"yes", "y", "true", "t", "1"})
_NO = frozenset({"no", "n", "false", "f", "0", "-1"})
_NOT = _NO | {"not", "non", "never", "without", "didn", "hasn", "isn", "wasn"}
_NUMBER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class Classes:
    """The words of each class; `known` is whether the positive ones are known to mean churn."""

    positive: tuple[str, ...]
    negative: tuple[str, ...]
    ignored: tuple[str, ...]
    reason: str
    known: bool


def find_classes(column: ColumnProfile) -> Classes | None:
    """Spellings of one word, and all words that mean churn, are one class; None where no other word is left."""
    groups = [words for words, _ in group_spellings(column.words)]
    first, reason, known = _find_positive(column.name, groups)
    churned = [words for words in groups if words == first or (means_churn(first[0]) and means_churn(words[0]))]
    others = [words for words in groups if words not in churned]
    if not others:
        return None
    stayed = [words for words in others if _means_stayed(words[0])] or _opposite(first, others)
    return Classes(
        positive=_joined(churned),
        negative=_joined(stayed),
        ignored=_joined([words for words in others if words not in stayed]),
        reason=reason,
        known=known,
    )


def _opposite(first: Words, others: list[Words]) -> list[Words]:
    """Where no word means that a customer stayed: yes where no is churn, else the commonest word."""
    return [words for words in others if _first(first[0]) in _NO and _first(words[0]) in _YES] or others[:1]


def _joined(groups: list[Words]) -> Words:
    return tuple(word for words in groups for word in words)


def _find_positive(name: str, groups: list[Words]) -> tuple[Words, str, bool]:
    """The words for churn, why, and whether they are known to be."""
    for words in groups:
        if means_churn(words[0]):
            return words, f'"{words[0]}" means churn', True
    if yes := [words for words in groups if _first(words[0]) in _YES]:
        no = [words for words in groups if _first(words[0]) in _NO]
        if no and _names_who_stays(name):
            return no[0], f'"{no[0][0]}" is its word for no, and the column names who stays', True
        if no or not _NUMBER.fullmatch(yes[0][0]):
            return yes[0], f'"{yes[0][0]}" is its word for yes', True
    rarest = [words for words in groups if not _means_stayed(words[0])][-1:] or groups[-1:]
    return rarest[0], f'its words are not known, "{rarest[0][0]}" is the rarer one', False


def means_churn(word: str) -> bool:
    """Whether the word speaks of churn and does not deny it."""
    return speaks_of(word, CHURN) and not _NOT & set(words_of(word))


def _means_stayed(word: str) -> bool:
    denied = bool(_NOT & set(words_of(word)))
    if speaks_of(word, CHURN) or speaks_of(word, _STAYED):
        return speaks_of(word, CHURN) if denied else speaks_of(word, _STAYED)
    return _first(word) in _NO


def _names_who_stays(column: str) -> bool:
    return speaks_of(column, _STAYED) and not speaks_of(column, CHURN)


def _first(word: str) -> str:
    """The word that decides, a number with its sign: -1 is no 1."""
    return word if _NUMBER.fullmatch(word) else next(iter(words_of(word)), "")
