"""The common JSON request to encoded rows, in microseconds: what the fast path answers without MLServer.

It reads what well-behaved clients send, both input forms, and gives None for anything else, right or wrong; MLServer's
way then decodes it or says what is wrong. The rules of a row are those in `rows`, by which both read: a test compares.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from churn_models.encoding import Encoded
from churn_models.feature_schema import FeatureSchema
from churn_models.known_codes import KnownCodes
from churn_models.spelling import UNKNOWN, Vocabulary, text_of

_NAN = float("nan")
_NUMBERS = frozenset({float, int, type(None)})
_FLOATS = frozenset({"FP32", "FP64"})
_INTEGERS = frozenset({"INT32", "INT64"})
_LARGEST_FLOAT = float(np.finfo(np.float32).max)
_LARGEST_INTEGER = 2**31 - 1
_ONE_ROW = ([1], [1, 1])
_FLAGS = frozenset({"binary_data", "binary_data_output"})
_CODECS = frozenset({"np", "pd", "str"})
"""Values of MLServer's `content_type` by which its clients say what the data were before; they are read alike."""

Tensor = Mapping[str, Any]
Unseen = dict[str, int]


class Codes(dict[str | int, float]):
    """The code of each category as most clients spell it; any other spelling is looked up in the vocabulary."""

    def __init__(self, feature: str, vocabulary: Vocabulary) -> None:
        super().__init__()
        self._feature = feature
        for code, category in enumerate(vocabulary.words):
            # The encoding strips what it is given, so a category with blanks around it is never met.
            if text_of(category) != category:
                continue
            self[category] = float(code)
            if category.isdecimal() and str(int(category)) == category:
                self[int(category)] = float(code)
        self._vocabulary = vocabulary

    def of(self, value: str | int | None, unseen: Unseen) -> float:
        """Blank is missing, unknown is unseen and counted in `unseen`; both are NaN."""
        place = self._vocabulary.place(value)
        if place == UNKNOWN:
            unseen[self._feature] = unseen.get(self._feature, 0) + 1
        return float(place) if place >= 0 else _NAN


class JsonRows:
    """Reads requests of one schema."""

    def __init__(self, schema: FeatureSchema) -> None:
        codes = {name: Codes(name, vocabulary) for name, vocabulary in schema.vocabularies.items()}
        self._columns = {name: (place, codes.get(name)) for place, name in enumerate(schema.names)}
        self._known = KnownCodes(schema)
        self._width = len(schema.features)

    def read(self, inputs: Sequence[Tensor], max_rows: int) -> Encoded | None:
        """Rows `[rows, features]` with what is unseen in them, or None when MLServer has to look at the request.

        Raises KeyError, TypeError, ValueError or OverflowError where it is not even of the usual build.
        """
        first = inputs[0]
        if len(inputs) == 1 and first["name"] not in self._columns:
            return self._read_matrix(first, max_rows) if first["name"] and type(first["name"]) is str else None
        if len(inputs) != self._width:
            return None
        rows = first["shape"][0]
        if type(rows) is not int or not 0 < rows <= max_rows:
            return None
        return self._read_row(inputs) if rows == 1 else self._read_columns(inputs, rows)

    def _read_matrix(self, tensor: Tensor, max_rows: int) -> Encoded | None:
        rows, width = tensor["shape"]
        if width != self._width or type(rows) is not int or not 0 < rows <= max_rows:
            return None
        if tensor["datatype"] not in _FLOATS or not plain(tensor):
            return None
        data = tensor["data"]
        if type(data[0]) is list:
            if not all(len(row) == width for row in data):
                return None
            data = data[0] if len(data) == 1 else list(chain.from_iterable(data))
        if len(data) != rows * width or not _in_range(data):
            return None
        return self._known.check(np.array(data, dtype=np.float32).reshape(rows, width))

    def _read_row(self, inputs: Sequence[Tensor]) -> Encoded | None:
        row: list[float | None] = [None] * self._width
        unseen: Unseen = {}
        for tensor in inputs:
            place, codes = self._columns[tensor["name"]]
            data, datatype, shape = tensor["data"], tensor["datatype"], tensor["shape"]
            if type(data) is not list or row[place] is not None or shape not in _ONE_ROW or not plain(tensor):
                return None
            (value,) = data
            if codes is None:
                number = _number(datatype, value)
            elif datatype == "BYTES" and type(value) is str and value in codes:
                number = codes[value]  # what _code would say, without the call: most values of most requests
            else:
                number = _code(codes, datatype, value, unseen)
            if number is None:
                return None
            row[place] = number
        return Encoded(np.array(row, dtype=np.float32).reshape(1, self._width), self._in_order(unseen))

    def _read_columns(self, inputs: Sequence[Tensor], rows: int) -> Encoded | None:
        matrix = np.empty((rows, self._width), dtype=np.float32)
        unseen: Unseen = {}
        seen = set()
        for tensor in inputs:
            place, codes = self._columns[tensor["name"]]
            data, datatype, shape = tensor["data"], tensor["datatype"], tensor["shape"]
            if type(data) is not list or len(data) != rows or shape not in ([rows], [rows, 1]) or not plain(tensor):
                return None
            if codes is None:
                numbers = [_number(datatype, value) for value in data]
            else:
                numbers = [_code(codes, datatype, value, unseen) for value in data]
            if None in numbers:
                return None
            matrix[:, place] = numbers
            seen.add(place)
        return Encoded(matrix, self._in_order(unseen)) if len(seen) == self._width else None

    def _in_order(self, unseen: Unseen) -> Unseen:
        """Of the schema, as MLServer's way tells them."""
        return {name: unseen[name] for name in self._columns if name in unseen} if len(unseen) > 1 else unseen


def plain(part: Mapping[str, Any]) -> bool:
    """Whether the parameters of a tensor or a request, if any, say nothing but how its data travel."""
    if "parameters" not in part:
        return True
    parameters = part["parameters"]
    return type(parameters) is dict and all(_is_plain(name, value) for name, value in parameters.items())


def _is_plain(name: str, value: Any) -> bool:
    return type(value) is bool if name in _FLAGS else name == "content_type" and type(value) is str and value in _CODECS


def _number(datatype: str, value: Any) -> float | None:
    if value is None:
        return _NAN if datatype in _FLOATS else None
    if datatype in _FLOATS:
        fits = type(value) is float or type(value) is int
        return value if fits and -_LARGEST_FLOAT <= value <= _LARGEST_FLOAT else None
    return _integer(datatype, value)


def _integer(datatype: str, value: Any) -> int | None:
    fits = datatype in _INTEGERS and type(value) is int and -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER
    return value if fits else None


def _code(codes: Codes, datatype: str, value: Any, unseen: Unseen) -> float | None:
    if datatype == "BYTES":
        if type(value) is not str:
            return codes.of(None, unseen) if value is None else None
    elif _integer(datatype, value) is None:
        return None
    code = codes.get(value)
    return codes.of(value, unseen) if code is None else code


def _in_range(data: list[Any]) -> bool:
    if not _NUMBERS.issuperset(map(type, data)):
        return False
    numbers = [value for value in data if value is not None] if None in data else data
    return not numbers or -_LARGEST_FLOAT <= min(numbers) <= max(numbers) <= _LARGEST_FLOAT
