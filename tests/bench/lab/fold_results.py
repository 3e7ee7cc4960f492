"""What is measured already, a line of JSON for each fold of a contender, so that a second run goes on."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from bench.lab.contender import Contender


class FoldKey(NamedTuple):
    """Which measurement; `made_by` is `Contender.made_by`."""

    data_set: str
    fold: int
    contender: Contender
    budget_seconds: float
    made_by: str


@dataclass(frozen=True)
class FoldResult:
    """`fit_seconds` is what was taken of the budget, `row_us` the median for one row, `told` what won."""

    key: FoldKey
    auc: float
    fit_seconds: float
    row_us: float
    told: str


def read_results(path: Path, wanted: Iterable[FoldKey]) -> dict[FoldKey, FoldResult]:
    """Those of the wanted ones that are there, of several the newest. A line that was cut is left out."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = {result.key: result for result in map(_read, lines) if result}
    return {key: found[key] for key in wanted if key in found}


def keep_result(path: Path, result: FoldResult) -> None:
    """Append it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(asdict(result)) + "\n")


def _read(line: str) -> FoldResult | None:
    try:
        found = json.loads(line)
        data_set, fold, contender, budget, made_by = found.pop("key")
        return FoldResult(FoldKey(data_set, fold, Contender(contender), budget, made_by), **found)
    except (ValueError, TypeError, KeyError):
        return None
