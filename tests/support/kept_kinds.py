"""A column of every kind that a Parquet file has, and what `--keep` makes of it in CSV and in PostgreSQL."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

import pyarrow as pa

ID = UUID("123e4567-e89b-12d3-a456-426614174000")
MOMENT = datetime(2024, 2, 29, 12, 30, 0, 250_000)


@dataclass(frozen=True)
class Kind:
    """Two rows, the second missing; `csv` and `sql` are its text there, None where it is refused."""

    name: str
    cells: pa.Array
    csv: str | None
    sql: tuple[str, str] | None
    """Type and text of its column."""


def _kind(name: str, value: object, kind: pa.DataType, csv: str | None, sql: tuple[str, str] | None) -> Kind:
    return Kind(name, pa.array([value, None], kind), csv, sql)


def _extension(name: str, kind: pa.DataType, storage: pa.Array, csv: str, sql: tuple[str, str]) -> Kind:
    return Kind(name, pa.ExtensionArray.from_storage(kind, storage), csv, sql)


KINDS = (
    _kind("nothing", None, pa.null(), "", ("text", "")),
    _kind("truth", True, pa.bool_(), "true", ("boolean", "true")),
    _kind("byte", -5, pa.int8(), "-5", ("bigint", "-5")),
    _kind("large", 2**64 - 1, pa.uint64(), str(2**64 - 1), ("numeric", str(2**64 - 1))),
    _kind("single", 1.5, pa.float32(), "1.5", ("double precision", "1.5")),
    _kind("double", 0.1, pa.float64(), "0.1", ("double precision", "0.1")),
    _kind("endless", float("inf"), pa.float64(), "inf", ("double precision", "Infinity")),
    _kind("price", Decimal("1.10"), pa.decimal128(5, 2), "1.10", ("numeric(5,2)", "1.10")),
    _kind("sum", Decimal("1.10"), pa.decimal256(50, 2), "1.10", ("numeric(50,2)", "1.10")),
    _kind("word", 'a "b"', pa.string(), 'a "b"', ("text", 'a "b"')),
    _kind("text", "é", pa.large_string(), "é", ("text", "é")),
    _kind("view", "a", pa.string_view(), "a", ("text", "a")),
    Kind("category", pa.array(["a", None]).dictionary_encode(), "a", ("text", "a")),
    _kind("day", date(2024, 2, 29), pa.date32(), "2024-02-29", ("date", "2024-02-29")),
    _kind("hour", time(1, 2, 3), pa.time64("us"), "01:02:03.000000", ("time without time zone", "01:02:03")),
    _kind(
        "moment",
        MOMENT,
        pa.timestamp("us"),
        "2024-02-29 12:30:00.250000",
        ("timestamp without time zone", "2024-02-29 12:30:00.25"),
    ),
    _kind(
        "instant",
        MOMENT,
        pa.timestamp("us", "UTC"),
        "2024-02-29 12:30:00.250000Z",
        ("timestamp with time zone", "2024-02-29 12:30:00.25+00"),
    ),
    _kind("id", ID.bytes, pa.uuid(), str(ID), ("uuid", str(ID))),
    _extension("json", pa.json_(), pa.array(['{"a": 1}', None]), '{"a": 1}', ("jsonb", '{"a": 1}')),
    _extension("flag", pa.bool8(), pa.array([1, None], pa.int8()), "true", ("boolean", "true")),
    _kind("bytes", b"\xff\x00", pa.binary(), None, ("bytea", r"\xff00")),
    _kind("fixed", b"ab", pa.binary(2), None, ("bytea", r"\x6162")),
    _kind("while", timedelta(seconds=5), pa.duration("us"), None, None),
    _kind("list", [1, None], pa.list_(pa.int64()), None, None),
    _kind("struct", {"city": "Ulm"}, pa.struct([("city", pa.string())]), None, None),
    _kind("map", [("a", 1)], pa.map_(pa.string(), pa.int64()), None, None),
)
