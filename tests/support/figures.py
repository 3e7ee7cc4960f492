"""The project's one place for measured figures: build/figures.jsonl, shown by `make figures`.

The test or bench that measures a figure calls `record`; the newest line of a name counts.
"""

import json
import operator
from dataclasses import asdict, dataclass
from pathlib import Path

FIGURES = Path(__file__).parents[2] / "build" / "figures.jsonl"

_COMPARISONS = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class Figure:
    """A measured value with its unit, the bar it has to reach (such as `>= 0.95`), and whether it does."""

    name: str
    value: float
    unit: str
    bar: str
    holds: bool


def record(name: str, value: float, unit: str, bar: str) -> Figure:
    """Append one figure to the file and give it back, so that a test can assert `holds`."""
    figure = Figure(name, value, unit, bar, reaches(value, bar))
    FIGURES.parent.mkdir(exist_ok=True)
    with FIGURES.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(figure)) + "\n")
    return figure


def reaches(value: float, bar: str) -> bool:
    """Whether the value reaches a bar written `>= number` or `<= number`; NaN never does."""
    comparison, number = bar.split()
    return bool(_COMPARISONS[comparison](value, float(number)))


def newest(lines: list[str]) -> list[Figure]:
    """The last figure of each name, those that fall short first."""
    figures = {figure.name: figure for figure in (Figure(**json.loads(line)) for line in lines)}
    return sorted(figures.values(), key=lambda figure: (figure.holds, figure.name))


def table(figures: list[Figure]) -> str:
    """The figures as aligned text."""
    rows = [("", "figure", "value", "unit", "bar")]
    rows += [
        ("ok" if figure.holds else "SHORT", figure.name, f"{figure.value:.6g}", figure.unit, figure.bar)
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


if __name__ == "__main__":
    if FIGURES.exists():
        print(table(newest(FIGURES.read_text(encoding="utf-8").splitlines())))
    else:
        print(f"no figures yet: `make test` and `make bench` write {FIGURES.relative_to(FIGURES.parents[1])}")
