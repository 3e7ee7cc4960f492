"""The table of ratios."""

from bench.loads import Load, Protocol
from bench.measured import Measured
from bench.names import Name
from bench.table import busiest_generator, markdown, rate_ratio, ratio_table, value_table

_CLOSED = Load("REST", Protocol.REST, rows=1, seconds=1, rounds=2, connections=32)
_ONE = Load("one", Protocol.REST, rows=1, seconds=1, rounds=1, connections=1)
_OPEN = Load("9,000/s", Protocol.REST, rows=1, seconds=1, rounds=1, per_second=9_000, reached=_CLOSED)
_GRPC = Load("gRPC", Protocol.GRPC, rows=1, seconds=1, rounds=1, connections=32)
_RESULTS = {
    _CLOSED: {
        Name.FASTAPI: [Measured(8000, 1.0, 2.0, 0.2), Measured(10000, 1.0, 2.0, 0.2)],
        Name.OURS: [Measured(25000, 1.0, 2.0, 0.9), Measured(24000, 1.0, 2.0, 0.4)],
    },
    _ONE: {Name.FASTAPI: [Measured(1, 0.25, 1.0, 0.1)], Name.OURS: [Measured(1, 0.125, 1.0, 0.1)]},
    _OPEN: {Name.FASTAPI: [Measured(1, 0.3, 60.0, 1.0)], Name.OURS: [Measured(1, 0.1, 1.5, 1.0)]},
    _GRPC: {Name.OURS: [Measured(4000, 1.0, 2.0, 0.3)]},
}


def test_others_show_how_many_times_better_ours_is() -> None:
    assert _columns(ratio_table(_RESULTS), Name.FASTAPI, Name.OURS) == [
        ("REST, answers/s", "2.5×", "25,000"),
        ("one, p50 ms", "2×", "0.125"),
        ("9,000/s, p50 / p99 ms", "40×", "0.10 / 1.5"),
        ("gRPC, answers/s", "–", "4,000"),
    ]


def test_values_are_of_the_best_rounds() -> None:
    assert _columns(value_table(_RESULTS), Name.FASTAPI, Name.STATIC) == [
        ("REST, answers/s", "10,000", "–"),
        ("one, p50 ms", "0.250", "–"),
        ("9,000/s, p50 / p99 ms", "0.30 / 60.0", "–"),
        ("gRPC, answers/s", "–", "–"),
    ]


def test_ratios_are_of_the_best_rounds() -> None:
    assert rate_ratio(_RESULTS, _CLOSED, Name.OURS, Name.FASTAPI) == 2.5


def test_an_open_loop_that_polls_is_not_the_busiest_generator() -> None:
    assert busiest_generator(_RESULTS).generator_busy == 0.9


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert markdown([["a", "bb"], ["ccc", "d"]]) == "| a   | bb |\n| --- | -- |\n| ccc | d  |"


def _columns(table: str, *names: Name) -> list[tuple[str, ...]]:
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines()]
    return [tuple(row[position] for position in (0, *map(header.index, names))) for row in rows]
