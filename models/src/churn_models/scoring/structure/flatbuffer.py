"""Tables of a FlatBuffers file (https://flatbuffers.dev/internals), which is what CatBoost's format is made of."""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """A table in `content`; reading outside of it raises struct.error or ValueError."""

    content: bytes
    at: int

    @classmethod
    def root(cls, content: bytes) -> "Table":
        """The table that the file is."""
        return cls(content, _number(content, "<I", 0))

    def table(self, field: int) -> "Table":
        """The table in this field."""
        return Table(self.content, self._target(field))

    def tables(self, field: int) -> list["Table"]:
        """The tables of a list; none where the field is left out."""
        places = self.numbers(field, "<u4")
        first = self._target(field) + 4 if len(places) else 0
        return [Table(self.content, first + 4 * i + int(place)) for i, place in enumerate(places)]

    def numbers(self, field: int, dtype: Any) -> NDArray[Any]:
        """A list of numbers or of structs; empty where the field is left out."""
        if self._place(field) == 0:
            return np.zeros(0, dtype=dtype)
        begin = self._target(field)
        return np.frombuffer(self.content, dtype, _number(self.content, "<I", begin), begin + 4)

    def number(self, field: int, form: str, default: float) -> Any:
        """One number; fields of the default value are left out."""
        place = self._place(field)
        return _number(self.content, form, place) if place else default

    def _target(self, field: int) -> int:
        place = self._place(field)
        if place == 0:
            raise ValueError(f"field {field} is missing")
        target: int = place + _number(self.content, "<I", place)
        return target

    def _place(self, field: int) -> int:
        fields = self.at - _number(self.content, "<i", self.at)
        if 4 + 2 * field >= _number(self.content, "<H", fields):
            return 0
        offset: int = _number(self.content, "<H", fields + 4 + 2 * field)
        return self.at + offset if offset else 0


def _number(content: bytes, form: str, at: int) -> Any:
    if at < 0:
        raise ValueError("a place before the file")
    return struct.unpack_from(form, content, at)[0]
