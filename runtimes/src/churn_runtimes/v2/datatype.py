"""The V2 tensor datatypes and which values each may hold."""

from enum import StrEnum
from typing import Any

import numpy as np

_NUMPY: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}


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

    numpy: np.dtype[Any] | None
    """How the elements lie in binary data, little-endian; None for BYTES, whose elements differ in length."""
    is_float: bool
    """Whether a matrix of encoded features may come in it."""

    def __init__(self, _: str) -> None:
        # Kept, because each binary request asks, and to find a member in a table takes several calls.
        self.numpy = _NUMPY.get(self.value)
        self.is_float = self.value in ("FP16", "FP32", "FP64")

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


_RANGES = {
    datatype: (int(np.iinfo(datatype.numpy).min), int(np.iinfo(datatype.numpy).max))
    for datatype in Datatype
    if datatype.numpy is not None and datatype.numpy.kind in "iu"
}
