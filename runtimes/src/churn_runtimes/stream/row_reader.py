"""From the JSON of one customer, names and values as people write them, to what the encoding makes of it.

Called for every message, so the usual row is read by tables made once, in two microseconds. Any other row, right or
wrong, goes to `encode`, which REST's requests go through: both give the same numbers, which a test compares.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import getitem, itemgetter
from typing import Any

import numpy as np
import orjson
from churn_models.encoding import Encoded, Matrix, encode
from churn_models.errors import EncodingError
from churn_models.feature_schema import FeatureSchema
from churn_models.spelling import match_names

from churn_runtimes.stream.unscorable import Unscorable
from churn_runtimes.v2.json_rows import Codes, Unseen
from churn_runtimes.v2.not_json import not_json

_WORDS = frozenset({str, int, type(None)})
_LARGEST = float(np.finfo(np.float32).max)

Row = tuple[float | None, ...]
"""Numeric features first, then the codes of the others: `RowReader.matrix` brings them into the schema's order."""


class RowReader:
    """Reads rows of one schema; fields that are no feature are ignored, as columns of a table are.

    `filled` are numeric features that are missing in every row, whatever it says.
    """

    def __init__(self, schema: FeatureSchema, filled: Collection[str] = ()) -> None:
        self._schema = schema
        vocabularies = schema.vocabularies
        self._filled = dict.fromkeys(filled)
        given = [name for name in schema.names if name not in vocabularies and name not in self._filled]
        numeric = [*given, *self._filled]
        self._blank = tuple(self._filled.values())
        self._numbers, self._words = _getter(given), _getter(list(vocabularies))
        self._codes = [Codes(name, vocabulary) for name, vocabulary in vocabularies.items()]
        # A truth equals 1 where it is looked up, so where a category is a number the type is looked at first.
        spelt = [name for name, codes in zip(vocabularies, self._codes, strict=True) if _has_numbers(codes)]
        self._spelt_as_numbers = _getter(spelt)
        self._from_schema = [schema.names.index(name) for name in [*numeric, *vocabularies]]
        self._to_schema = np.argsort(self._from_schema)

    def read(self, body: bytes | None, unseen: Unseen) -> Row:
        """One message; its unseen categories are added to `unseen`. Raises Unscorable."""
        row = _parsed(body)
        try:
            numbers, words = self._numbers(row), self._words(row)
            if all(map(_is_number, numbers)) and _WORDS.issuperset(map(type, self._spelt_as_numbers(row))):
                return (*numbers, *self._blank, *map(getitem, self._codes, words))
        except (KeyError, TypeError):
            pass  # No usual row, or one with a category that is missing or unseen.
        return self._read_slowly(row, unseen)

    def matrix(self, rows: Sequence[Row]) -> Matrix:
        """`[rows, features]` in the schema's order."""
        values = np.array(rows, dtype=np.float32).reshape(len(rows), len(self._from_schema))
        return np.ascontiguousarray(values[:, self._to_schema])

    def rows(self, matrix: Matrix) -> list[Row]:
        """The reverse, for what was read elsewhere."""
        return list(map(tuple, matrix[:, self._from_schema].tolist()))

    def _read_slowly(self, row: Any, unseen: Unseen) -> Row:
        try:
            numbers, words = self._numbers(row), self._words(row)
        except (KeyError, TypeError):
            return self._read_any(row, unseen)
        if not (all(map(_is_number, numbers)) and _WORDS.issuperset(map(type, words))):
            return self._read_any(row, unseen)
        pairs = zip(self._codes, words, strict=True)
        return (
            *numbers,
            *self._blank,
            *[codes[word] if word in codes else codes.of(word, unseen) for codes, word in pairs],
        )

    def _read_any(self, row: Any, unseen: Unseen) -> Row:
        try:
            encoded = encode_one(self._schema, row | self._filled if isinstance(row, dict) else row)
        except EncodingError as error:
            raise Unscorable(str(error)) from error
        for name, count in encoded.unseen.items():
            unseen[name] = unseen.get(name, 0) + count
        return self.rows(encoded.matrix)[0]


def encode_one(schema: FeatureSchema, row: Any) -> Encoded:
    """Any JSON value as one row `[1, features]`. Raises EncodingError."""
    if not isinstance(row, dict):
        raise EncodingError(f"a message is one JSON object, the fields of a customer; this is {_kind(row)}")
    for name, given in match_names(schema.names, row).items():
        if isinstance(row[given], list | dict):
            raise EncodingError(f"field {name}: {_kind(row[given])} is no value")
    return encode(schema, {name: [value] for name, value in row.items()})


def _parsed(body: bytes | None) -> Any:
    if body is None:
        raise Unscorable("the message has no value")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unscorable(not_json(error.doc, error.pos, error.msg)) from error


def _getter(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda row: tuple(row[name] for name in names)


def _has_numbers(codes: Codes) -> bool:
    return any(type(category) is int for category in codes)


def _is_number(value: Any) -> bool:
    return value is None or ((type(value) is float or type(value) is int) and -_LARGEST <= value <= _LARGEST)


def _kind(value: Any) -> str:
    return {list: "a list", dict: "an object", str: "a text", type(None): "null"}.get(type(value), "a number")
