"""The table of ratios, a row per load and a column per server, and the same table of values."""

from collections.abc import Sequence

from bench.loads import Load
from bench.measured import Measured, best_p50, best_p99, best_rate
from bench.names import Name
from bench.rounds import Results

_NOT_ASKED = "–"
_COLUMNS = [name for name in Name if name is not Name.OURS_TRIED]
"""Who is asked by all loads that he takes."""
_FAST = 10
"""From here on a ratio needs no decimals."""


def rate_ratio(results: Results, load: Load, subject: Name, other: Name) -> float:
    """How many times the answers per second of `other` the subject gave, best round against best round."""
    return best_rate(results[load][subject]) / best_rate(results[load][other])


def ratio_table(results: Results) -> str:
    """Markdown: ours as it is, everybody else as how many times better ours is."""
    names = [name for name in _COLUMNS if name is not Name.STATIC]
    rows = [[_heading(load), *(_ratio(results, load, name) for name in names)] for load in results]
    return markdown([["", *names], *rows])


def value_table(results: Results) -> str:
    """Markdown: closed loops as answers per second (or the median at one connection), open loops as p50 / p99."""
    rows = [[_heading(load), *(_value(results, load, name) for name in _COLUMNS)] for load in results]
    return markdown([["", *_COLUMNS], *rows])


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Aligned, so that it reads on a terminal too; the first row is the header."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    rule = " | ".join("-" * width for width in widths)
    return "\n".join(f"| {line} |" for line in [lines[0], rule, *lines[1:]])


def _heading(load: Load) -> str:
    if load.connections is None:
        return f"{load.title}, p50 / p99 ms"
    return f"{load.title}, p50 ms" if load.connections == 1 else f"{load.title}, answers/s"


def _value(results: Results, load: Load, name: Name) -> str:
    if name not in results[load]:
        return _NOT_ASKED
    rounds = results[load][name]
    if load.connections is None:
        return f"{best_p50(rounds):.2f} / {best_p99(rounds):.1f}"
    return f"{best_p50(rounds):.3f}" if load.connections == 1 else f"{best_rate(rounds):,.0f}"


def _ratio(results: Results, load: Load, name: Name) -> str:
    if name is Name.OURS or name not in results[load]:
        return _value(results, load, name)
    rounds, ours = results[load][name], results[load][Name.OURS]
    if load.connections is None:
        ratio = best_p99(rounds) / best_p99(ours)
    elif load.connections == 1:
        ratio = best_p50(rounds) / best_p50(ours)
    else:
        ratio = best_rate(ours) / best_rate(rounds)
    return f"{ratio:.0f}×" if ratio >= _FAST else f"{ratio:.2g}×"


def busiest_generator(results: Results) -> Measured:
    """Of the closed loops: where the generator had the least to spare."""
    closed = [one for load in results if load.connections for rounds in results[load].values() for one in rounds]
    return max(closed, key=lambda measured: measured.generator_busy)
