"""From the JSON of one customer, names and values as people write them, to what the encoding makes of it.

Called for every message, so the usual row is read by compiled code, in less than a microsecond. A row with a missing or
unseen category is read by tables made once; any other, right or wrong, goes to `encode`, which REST's requests go
through. All give the same numbers, which tests compare.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
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

try:
    from churn_runtimes.stream._usual_rows import UsualRows
except ImportError:  # As the evaluator's: a machine without a compiler reads by tables.
    UsualRows = None  # type: ignore[assignment,misc]

_WORDS = frozenset({str, int, type(None)})
_LARGEST = float(np.finfo(np.float32).max)

Row = bytes
"""The float32 numbers in the schema's order; `RowReader.matrix` puts rows together."""


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
        self._to_schema = np.argsort([schema.names.index(name) for name in [*numeric, *vocabularies]])
        self._width = len(schema.names)
        self._usual = None if UsualRows is None else UsualRows(self._usual_features())

    def read(self, body: bytes | None, unseen: Unseen) -> Row:
        """One message; its unseen categories are added to `unseen`. Raises Unscorable."""
        if self._usual and body and (usual := self._usual.read(body)):
            return usual
        return self._read_by_tables(_parsed(body), unseen)

    def matrix(self, rows: Sequence[Row]) -> Matrix:
        """`[rows, features]` in the schema's order."""
        # Not bytes, which NumPy would not let anyone write to: states of customers are filled in.
        return np.frombuffer(bytearray().join(rows), dtype=np.float32).reshape(len(rows), self._width)

    def rows(self, matrix: Matrix) -> list[Row]:
        """The reverse, for what was read elsewhere."""
        return [row.tobytes() for row in matrix]

    def _read_by_tables(self, row: Any, unseen: Unseen) -> Row:
        try:
            numbers, words = self._numbers(row), self._words(row)
        except (KeyError, TypeError):
            return self._read_any(row, unseen)
        if not (all(map(_is_number, numbers)) and _WORDS.issuperset(map(type, words))):
            return self._read_any(row, unseen)
        pairs = zip(self._codes, words, strict=True)
        coded = [codes[word] if word in codes else codes.of(word, unseen) for codes, word in pairs]
        return np.array([*numbers, *self._blank, *coded], dtype=np.float32)[self._to_schema].tobytes()

    def _read_any(self, row: Any, unseen: Unseen) -> Row:
        try:
            encoded = encode_one(self._schema, row | self._filled if isinstance(row, dict) else row)
        except EncodingError as error:
            raise Unscorable(str(error)) from error
        for name, count in encoded.unseen.items():
            unseen[name] = unseen.get(name, 0) + count
        return self.rows(encoded.matrix)[0]

    def _usual_features(self) -> tuple[tuple[bytes | None, Mapping[bytes, float] | None], ...]:
        """Each one's name, None where rows do not give it, and the codes of its words, None where it is numeric."""
        words = {
            name: {word.encode(): code for word, code in codes.items() if isinstance(word, str)}
            for name, codes in zip(self._schema.vocabularies, self._codes, strict=True)
        }
        return tuple((None if name in self._filled else name.encode(), words.get(name)) for name in self._schema.names)


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


def _is_number(value: Any) -> bool:
    return value is None or ((type(value) is float or type(value) is int) and -_LARGEST <= value <= _LARGEST)


def _kind(value: Any) -> str:
    return {list: "a list", dict: "an object", str: "a text", type(None): "null"}.get(type(value), "a number")
