"""What is no cell of a table as text: bytes, lists and the like that a Parquet file may hold where text is expected.

Whoever reads cells calls it; what only goes through a table keeps its type.
"""

from typing import Any
from uuid import UUID

import pyarrow as pa

_UUID_BYTES = 16


def text_of(column: pa.Array) -> pa.Array:
    """The column, or its cells as text where it has another type than cells do."""
    kind = column.type
    if pa.types.is_dictionary(kind) and _is_no_cell(kind.value_type):
        column, kind = column.cast(kind.value_type), kind.value_type
    if not _is_no_cell(kind):
        return column
    if isinstance(kind, pa.BaseExtensionType) and not isinstance(kind, pa.UuidType):
        return column.storage
    shown = _uuid if isinstance(kind, pa.UuidType) or kind == pa.binary(_UUID_BYTES) else _text
    return pa.array([None if cell is None else shown(cell) for cell in column.to_pylist()], pa.string())


def is_bytes(kind: pa.DataType) -> bool:
    """Whether its cells are bytes."""
    kinds = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(is_kind(kind) for is_kind in kinds)


def _is_no_cell(kind: pa.DataType) -> bool:
    return pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType) or is_bytes(kind)


def _uuid(cell: UUID | bytes) -> str:
    """As PostgreSQL writes it."""
    return str(UUID(bytes=cell) if isinstance(cell, bytes) else cell)


def _text(cell: Any) -> str:
    """Of bytes: UTF-8 where they are, as writers without a type for text leave it, else a UUID or hexadecimal."""
    if not isinstance(cell, bytes):
        return str(cell)
    try:
        return cell.decode("utf-8")
    except UnicodeDecodeError:
        return _uuid(cell) if len(cell) == _UUID_BYTES else cell.hex()
