"""One meaning, several spellings: which word, number or column a source means, whatever types it keeps them in.

The encoding (and with it training, pyfunc and serving), the validation of a data set and `init` read every value
through here, so that the same customer is the same row from CSV, Parquet, PostgreSQL, JSON or gRPC.
"""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from churn_models.errors import EncodingError

MISSING_MARKERS = ("NA", "N/A", "#N/A", "<NA>", "NaN", "NaT", "null", "None", "?", "-", r"\N")
"""What exports write where a value is missing, compared without regard to case; blank text is missing anyway."""

MISSING = -1
UNKNOWN = -2

_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")
_TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0"})
_BITS = frozenset({"0", "1"})
_NO_NAME_CHARACTERS = re.compile(r"[\W_]+")
_NULL_TYPES = frozenset({"NAType", "NaTType"})

Result = TypeVar("Result")


class Vocabulary:
    """The words that one column may hold, and which of them a value of any type means.

    A value is, in this order: the word itself; missing; the only word of the same number (1, 1.0, "1.00", "01");
    the word for true or false where the column has one of each (true, TRUE, t, yes …, and 1 in a column of two words);
    else unknown. A word that is written like a missing marker wins over the marker, and is what missing means where
    nothing may be missing.
    """

    def __init__(self, words: Sequence[str], missing: Collection[str] = (), nullable: bool = True) -> None:
        self.words = tuple(words)
        self._places = {word: place for place, word in enumerate(self.words)}
        named = {word.casefold(): place for word, place in self._places.items()}
        markers = {marker.casefold() for marker in missing}
        self._markers = markers - set(named)
        claimed = [place for word, place in named.items() if word in markers]
        self._missing = claimed[0] if len(claimed) == 1 and not nullable else MISSING
        self._numbers = _only_ones((number_key(word), place) for word, place in self._places.items())
        self._booleans = _boolean_places(self.words)

    def place(self, value: Any) -> int:
        """The position of the word that the value means, MISSING or UNKNOWN. Raises EncodingError for broken bytes."""
        text = text_of(value)
        if text is None:
            return self._missing
        if text in self._places:
            return self._places[text]
        folded = text.casefold()
        if folded in self._markers:
            return MISSING
        number = number_key(text)
        if number in self._numbers:
            return self._numbers[number]
        return self._booleans.get(number or folded, UNKNOWN)

    def places(self, values: Iterable[Any]) -> list[int]:
        """The same for a column; each distinct text is looked up once."""
        return map_distinct(self.place, values)


def text_of(value: Any) -> str | None:
    """A value as text without blanks around it: 1 and 1.0 are "1", True is "true"; None when it is missing."""
    if is_null(value):
        return None
    if isinstance(value, bytes):
        value = _decode(value)
    kind = type(value).__name__
    if kind in ("bool", "bool_"):
        return str(bool(value)).lower()
    if not isinstance(value, str | int) and _is_whole(value):
        value = int(value)
    return str(value).strip() or None


def number_of(value: Any, missing: Collection[str] = ()) -> float:
    """A value as a number; NaN when it is missing, blank or a marker (given casefolded). Raises ValueError."""
    if is_null(value):
        return float("nan")
    if isinstance(value, bytes):
        value = _decode(value)
    if isinstance(value, str):
        text = value.strip()
        if not text or text.casefold() in missing:
            return float("nan")
        if "_" in text:  # Python's own spelling of thousands, no data set's
            raise ValueError(f"could not convert string to float: {text!r}")
    return float(value)


def is_null(value: Any) -> bool:
    """Whether the value is None, NaN of any type, or pandas' NA and NaT."""
    if value is None or type(value).__name__ in _NULL_TYPES:
        return True
    return not isinstance(value, str | bytes | int) and _differs_from_itself(value)


def number_key(text: str) -> str | None:
    """One text for every spelling of the same number: "1" for "1.0", "01" and "+1"; None when it is no number."""
    if not _NUMBER.fullmatch(text):
        return None
    return format(Decimal(text).normalize() + 0, "f")


def map_distinct(function: Callable[[Any], Result], values: Iterable[Any]) -> list[Result]:
    """`function` of every value, called once for each distinct text: a million rows have few words."""
    known: dict[Any, Result] = {}
    results = []
    for value in values:
        if type(value) is not str:  # 1, 1.0 and True are one key of a dictionary
            results.append(function(value))
            continue
        if value not in known:
            known[value] = function(value)
        results.append(known[value])
    return results


def match_names(wanted: Iterable[str], present: Iterable[str]) -> dict[str, str]:
    """The present name of each wanted one: the same, else the only one that differs in case, blanks or signs alone."""
    names = list(present)
    exact = set(names)
    found = {name: name for name in wanted if name in exact}
    others = _only_ones((normal_name(name), name) for name in names if name not in found)
    for name in wanted:
        if name not in found and normal_name(name) in others:
            found[name] = others[normal_name(name)]
    return found


def normal_name(name: str) -> str:
    """A column's name without what differs between sources: case, blanks, underscores and other signs."""
    return _NO_NAME_CHARACTERS.sub(" ", name.lstrip("\ufeff").casefold()).strip()


def nearest_names(name: str, present: Iterable[str], most: int = 3) -> list[str]:
    """The present names that look most like this one, the nearest first."""
    normal = {normal_name(other): other for other in present}
    return [normal[close] for close in difflib.get_close_matches(normal_name(name), list(normal), n=most)]


def _only_ones(pairs: Iterable[tuple[str | None, Result]]) -> dict[str, Result]:
    found: dict[str, Result] = {}
    twice = set()
    for key, value in pairs:
        if key in found:
            twice.add(key)
        elif key:
            found[key] = value
    return {key: value for key, value in found.items() if key not in twice}


def _boolean_places(words: Sequence[str]) -> Mapping[str, int]:
    keys = [number_key(word) or word.casefold() for word in words]
    true = [place for place, key in enumerate(keys) if key in _TRUE]
    false = [place for place, key in enumerate(keys) if key in _FALSE]
    if len(true) != 1 or len(false) != 1:
        return {}
    if len(words) == 2:
        return dict.fromkeys(_TRUE, true[0]) | dict.fromkeys(_FALSE, false[0])
    if {keys[true[0]], keys[false[0]]} & _BITS:
        return {}  # 0, 1, 2 are numbers
    # Beside a third word, 0 and 1 may number the words in any order.
    return dict.fromkeys(_TRUE - _BITS, true[0]) | dict.fromkeys(_FALSE - _BITS, false[0])


def _is_whole(value: Any) -> bool:
    try:
        return bool(value == int(value))
    except (TypeError, ValueError, OverflowError):
        return False


def _differs_from_itself(value: Any) -> bool:
    try:
        return bool(value != value)  # noqa: PLR0124  # NaN, NaT and Decimal("NaN") alike
    except (TypeError, ValueError):
        return False


def _decode(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EncodingError(f"{value!r} is not UTF-8 text") from error
