"""UBJSON as XGBoost writes it (Universal Binary JSON, draft 12, with lengths of 8 bytes), and nothing beside it.

XGBoost's own reader trusts every length in the file. What this one has read to the last byte, that one can read.
"""

import struct
from typing import Any

import numpy as np

from churn_models.errors import MemberUnreadable

_NUMBERS = {b"d": ">f4", b"D": ">f8", b"i": "i1", b"U": "u1", b"I": ">i2", b"l": ">i4", b"L": ">i8"}
_DEEPEST = 16
_CONSTANTS = {b"T": True, b"F": False, b"Z": None}


def read_ubjson(content: bytes) -> Any:
    """Objects as dict, arrays as list or NumPy array, texts as str. Raises MemberUnreadable for anything else."""
    reader = _Reader(content)
    try:
        value = reader.value(0)
    except (struct.error, IndexError, ValueError) as error:
        raise MemberUnreadable(f"no UBJSON behind byte {reader.at}: {error}") from error
    if reader.at != len(content):
        raise MemberUnreadable(f"{len(content) - reader.at} bytes behind the model")
    return value


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.at = 0

    def value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deeply")
        match kind := self._take(1):
            case b"{":
                return self._object(depth)
            case b"[":
                return self._array(depth)
            case b"S":
                return self._text()
        return _CONSTANTS[kind] if kind in _CONSTANTS else self._numbers(kind, 1)[0].item()

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._content[self.at : self.at + 1] != b"}":
            name = self._text()
            if name in found:
                raise ValueError(f"{name} twice")
            found[name] = self.value(depth + 1)
        self.at += 1
        return found

    def _array(self, depth: int) -> Any:
        mark = self._take(1)
        if mark == b"$":
            kind = self._take(1)
            self._expect(b"#")
            return self._numbers(kind, self._length())
        if mark != b"#":
            raise ValueError("an array without its length")
        return [self.value(depth + 1) for _ in range(self._length())]

    def _numbers(self, kind: bytes, count: int) -> Any:
        if kind not in _NUMBERS:
            raise ValueError(f"{kind!r} is no type of a value")
        dtype = np.dtype(_NUMBERS[kind])
        return np.frombuffer(self._take(count * dtype.itemsize), dtype=dtype)

    def _text(self) -> str:
        return self._take(self._length()).decode()

    def _length(self) -> int:
        self._expect(b"L")
        length: int = struct.unpack(">q", self._take(8))[0]
        if not 0 <= length <= len(self._content):
            raise ValueError(f"a length of {length}")
        return length

    def _expect(self, mark: bytes) -> None:
        if (found := self._take(1)) != mark:
            raise ValueError(f"{found!r} instead of {mark!r}")

    def _take(self, count: int) -> bytes:
        taken = self._content[self.at : self.at + count]
        if len(taken) != count:
            raise ValueError("the file ends too early")
        self.at += count
        return taken
