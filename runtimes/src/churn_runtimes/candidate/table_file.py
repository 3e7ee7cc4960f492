"""The file in which one server gives its packed table to another: numbers in a fixed order behind a header of JSON.

`packed_table` writes and reads it. There is no code in it, and nothing is believed: the header is strict, sizes are
bounded before anything is allocated, and the compiled evaluator proves every walk when it copies the arrays.
"""

import struct
from typing import Annotated, Any, Literal, Self

import numpy as np
from churn_models.combine import CombineRule
from churn_models.derive import STEP
from churn_models.digest import Digest
from churn_models.ensemble_spec import NAME_PATTERN
from churn_models.frozen_model import FrozenModel, describe
from churn_models.golden import GoldenRow
from churn_models.reference import CalibrationMap
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, ValidationError, model_validator

from churn_runtimes.candidate.errors import TableInvalid
from churn_runtimes.evaluator.columns import COLUMN
from churn_runtimes.evaluator.node_table import MEMBER, NODE, SET, SPAN, TERM, NodeTable

LARGEST = 64 << 20
"""Bytes of a file; 900 trees are one or two million."""
_MAGIC = b"CHURNTABLE1\n"
_LENGTH = struct.Struct("<I")
_LARGEST_HEADER = 8 << 20
_DTYPES = {
    "columns": COLUMN,
    "nodes": NODE,
    "trees": SPAN,
    "leaves": np.dtype("<f8"),
    "sets": SET,
    "set_words": np.dtype("<u4"),
    "terms": TERM,
    "code_weights": np.dtype("<f8"),
    "members": MEMBER,
    "steps": STEP,
    "step_values": np.dtype("<f4"),
}
_PLAIN, _DERIVED = 1, 2
"""Format versions: a table without derived features has no steps and is what older servers read and write too."""
_STEPS = ("steps", "step_values")
"""What scoring reads, in the file's order; nothing of it explains, so contributions are those of stable alone."""

_MEMBERS = list(_DTYPES).index("members")

MemberName = Annotated[str, Field(pattern=NAME_PATTERN)]
_Lengths = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(max_length=len(_DTYPES))]


class TableHeader(FrozenModel):
    """What scoring needs beside the arrays."""

    format_version: Literal[1, 2]
    """Which arrays there are: `_dtypes`."""
    digest: Digest
    """Of the bundle that was packed."""
    encoding: Digest
    """`encoding_digest` of its schema."""
    members: tuple[MemberName, ...] = Field(min_length=1, max_length=64)
    combine: CombineRule
    weights: tuple[FiniteFloat, ...]
    intercept: FiniteFloat
    threshold: FiniteFloat | None
    calibration: CalibrationMap
    score_edges: tuple[FiniteFloat, ...] = Field(max_length=255)
    golden: tuple[GoldenRow, ...] = Field(min_length=1, max_length=2_000)
    lengths: _Lengths
    """Items of each array."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(self.lengths) != len(_dtypes(self.format_version)):
            raise ValueError("lengths of other arrays than this format has")
        if not len(self.members) == len(set(self.members)) == len(self.weights) == self.lengths[_MEMBERS]:
            raise ValueError("members, their weights and their arrays are not as many, or two have one name")
        if len(self.calibration.scores) != len(self.calibration.observed) or not self.calibration.scores:
            raise ValueError("the calibration is no map")
        if list(self.score_edges) != sorted(set(self.score_edges)):
            raise ValueError("the edges of scores do not ascend")
        if any(set(row.members) != set(self.members) for row in self.golden):
            raise ValueError("a golden row has other members")
        return self


def form_of(arrays: NodeTable) -> dict[str, Any]:
    """What the header says of the arrays: `format_version` and `lengths`."""
    version = _DERIVED if len(arrays.steps) else _PLAIN
    return {"format_version": version, "lengths": tuple(len(getattr(arrays, name)) for name in _dtypes(version))}


def write_table(header: TableHeader, arrays: NodeTable) -> bytes:
    """The same bytes for the same bundle, whichever server writes them."""
    text = header.model_dump_json().encode()
    dtypes = _dtypes(header.format_version)
    parts = [getattr(arrays, name).astype(dtype, copy=False).tobytes() for name, dtype in dtypes.items()]
    return b"".join([_MAGIC, _LENGTH.pack(len(text)), text, *parts])


def read_table(content: bytes) -> tuple[TableHeader, dict[str, NDArray[Any]]]:
    """The header and the arrays by name, their insides not looked at yet. Raises TableInvalid."""
    begin = len(_MAGIC) + _LENGTH.size
    if not content.startswith(_MAGIC) or len(content) < begin:
        raise TableInvalid("the file does not begin like a table of this version")
    (size,) = _LENGTH.unpack_from(content, len(_MAGIC))
    if size > _LARGEST_HEADER or begin + size > len(content):
        raise TableInvalid(f"a header of {size} bytes")
    try:
        header = TableHeader.model_validate_json(content[begin : begin + size])
    except ValidationError as error:
        raise TableInvalid(f"the table's header: {describe(error)[:300]}") from error
    at = begin + size
    dtypes = _dtypes(header.format_version)
    expected = sum(length * dtype.itemsize for length, dtype in zip(header.lengths, dtypes.values(), strict=True))
    if len(content) - at != expected:
        raise TableInvalid(f"{len(content) - at} bytes of arrays where the header says {expected}")
    arrays = {}
    for (name, dtype), length in zip(dtypes.items(), header.lengths, strict=True):
        arrays[name] = np.frombuffer(content, dtype, length, at)
        at += length * dtype.itemsize
    return header, arrays


def _dtypes(version: int) -> dict[str, np.dtype[Any]]:
    return {name: dtype for name, dtype in _DTYPES.items() if version == _DERIVED or name not in _STEPS}
