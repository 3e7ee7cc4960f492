"""The types of PostgreSQL's columns and those of pyarrow: what a column is called that goes through, both ways."""

import re
from dataclasses import dataclass

import pyarrow as pa

_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")
_PRECISION = re.compile(r"\(\d\)")
_WIDEST, _WIDEST_OF_ALL = 38, 76
"""Digits of pyarrow's two decimal types."""
_ARROW = {
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
}
_SQL = {
    pa.types.is_floating: "double precision",
    pa.types.is_uint64: "numeric",
    pa.types.is_integer: "bigint",
    pa.types.is_boolean: "boolean",
    pa.types.is_date: "date",
    pa.types.is_time: "time",
}


@dataclass(frozen=True)
class SqlType:
    """By the name that format_type() gives; one of PostgreSQL's own."""

    name: str

    @property
    def arrow(self) -> pa.DataType | None:
        """What holds its values in a file, None for text; of dates, moments and decimals all but the infinite and NaN.

        A numeric without digits behind the point in its type has any number of them, which no type of pyarrow has.
        """
        if found := _NUMERIC.fullmatch(self.name):
            digits, scale = map(int, found.groups())
            if scale > digits or digits > _WIDEST_OF_ALL:
                return None
            return pa.decimal128(digits, scale) if digits <= _WIDEST else pa.decimal256(digits, scale)
        return _ARROW.get(_PRECISION.sub("", self.name))


def sql_type(kind: pa.DataType) -> str:
    """The column of a new table that holds what pyarrow has as this type."""
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    return next((name for is_kind, name in _SQL.items() if is_kind(kind)), "text")
