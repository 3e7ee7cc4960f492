"""The V2 tensor datatypes and which values each may hold."""

from enum import StrEnum
from typing import Any

import numpy as np


class Datatype(StrEnum):
    """The words of the protocol."""

    BOOL = "BOOL"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    FP32 = "FP32"
    FP64 = "FP64"
    BYTES = "BYTES"

    @property
    def numpy(self) -> np.dtype[Any] | None:
        """How the elements lie in binary data, little-endian; None for BYTES, whose elements differ in length."""
        return _NUMPY.get(self)

    @property
    def is_float(self) -> bool:
        """Whether a matrix of encoded features may come in it."""
        return self in (Datatype.FP16, Datatype.FP32, Datatype.FP64)

    def holds(self, value: Any) -> bool:
        """Whether a JSON or gRPC value may stand in a tensor of this datatype; null stands for missing in each."""
        if value is None:
            return True
        if self is Datatype.BYTES:
            return isinstance(value, str | bytes)
        if self is Datatype.BOOL:
            return isinstance(value, bool)
        if isinstance(value, bool):
            return False
        if self.is_float:
            return isinstance(value, int | float)
        return isinstance(value, int) and _RANGES[self][0] <= value <= _RANGES[self][1]


_NUMPY: dict[Datatype, np.dtype[Any]] = {
    Datatype.BOOL: np.dtype("?"),
    Datatype.UINT8: np.dtype("<u1"),
    Datatype.UINT16: np.dtype("<u2"),
    Datatype.UINT32: np.dtype("<u4"),
    Datatype.UINT64: np.dtype("<u8"),
    Datatype.INT8: np.dtype("<i1"),
    Datatype.INT16: np.dtype("<i2"),
    Datatype.INT32: np.dtype("<i4"),
    Datatype.INT64: np.dtype("<i8"),
    Datatype.FP16: np.dtype("<f2"),
    Datatype.FP32: np.dtype("<f4"),
    Datatype.FP64: np.dtype("<f8"),
}

_RANGES = {
    datatype: (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    for datatype, dtype in _NUMPY.items()
    if dtype.kind in "iu"
}
