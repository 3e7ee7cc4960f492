"""One input tensor of a request, the same however the request came: JSON, binary or gRPC."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mlserver.types import RequestInput
from numpy.typing import NDArray

from churn_runtimes.v2.datatype import Datatype
from churn_runtimes.v2.errors import BadRequest

Values = list[Any] | NDArray[Any]


@dataclass(frozen=True)
class Tensor:
    """`values` flat in row-major order, or nested lists of them."""

    name: str
    datatype: Datatype
    shape: Sequence[int]
    values: Values


def from_mlserver(inputs: Sequence[RequestInput]) -> list[Tensor]:
    """What MLServer has parsed. Raises BadRequest for data that are no list."""
    return [
        Tensor(tensor.name, Datatype(tensor.datatype), tensor.shape, _listed(tensor.name, tensor.data.root))
        for tensor in inputs
    ]


def from_bytes(name: str, datatype: Datatype, shape: Sequence[int], content: bytes) -> Tensor:
    """Binary contents, as in gRPC's raw contents. Raises BadRequest."""
    return Tensor(name, datatype, shape, values_from_bytes(name, datatype, content))


def values_from_bytes(name: str, datatype: Datatype, content: bytes) -> Values:
    """The same values without their tensor, for REST's binary extension. Raises BadRequest."""
    if datatype.numpy is None:
        return list(_split(name, content))
    if len(content) % datatype.numpy.itemsize:
        raise BadRequest(f"input {name}: {len(content)} bytes are no whole number of {datatype} elements")
    return np.frombuffer(content, dtype=datatype.numpy)


def to_bytes(elements: Iterable[bytes]) -> bytes:
    """Elements of BYTES as binary contents, as `from_bytes` reads them."""
    return b"".join(len(element).to_bytes(4, "little") + element for element in elements)


def _listed(name: str, data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise BadRequest(f"input {name}: the data are no list")
    return data


def _split(name: str, content: bytes) -> Iterator[bytes]:
    # Each element is its length in four bytes, little-endian, and then itself.
    place = 0
    while place < len(content):
        start = place + 4
        if start > len(content):
            raise BadRequest(f"input {name}: BYTES end within a length")
        place = start + struct.unpack_from("<I", content, place)[0]
        if place > len(content):
            raise BadRequest(f"input {name}: BYTES end within an element")
        yield content[start:place]
