"""Which words of a column are spellings of one: `yes`, `YES` and `Y`, or `1` and `1.0`. The guesses of `init` ask."""

from collections.abc import Iterable

from churn_models.spelling import normal_name, number_key

_YES = frozenset({"yes", "y", "true", "t", "on"})
_NO = frozenset({"no", "n", "false", "f", "off"})
_BITS = {"1": "yes", "0": "no"}

Words = tuple[str, ...]


def group_spellings(words: Iterable[tuple[str, int]]) -> tuple[tuple[Words, int], ...]:
    """Each group's words and rows, the commonest first within a group and among the groups.

    0 and 1 are no and yes where the column has such words and no other number.
    """
    counted = list(words)
    bits = _BITS if _has_yes_or_no(counted) else {}
    groups: dict[str, list[tuple[str, int]]] = {}
    for word, rows in counted:
        key = _meaning(word)
        groups.setdefault(bits.get(key, key), []).append((word, rows))
    found = [(tuple(word for word, _ in group), sum(rows for _, rows in group)) for group in groups.values()]
    return tuple(sorted(found, key=lambda group: -group[1]))


def _meaning(word: str) -> str:
    folded = word.casefold()
    if folded in _YES | _NO:
        return "yes" if folded in _YES else "no"
    return number_key(word) or normal_name(word) or word


def _has_yes_or_no(words: Iterable[tuple[str, int]]) -> bool:
    keys = {_meaning(word) for word, _ in words}
    return bool(keys & {"yes", "no"}) and {key for key in keys if number_key(key)} <= _BITS.keys()
