"""What the proof said of every candidate: lines for a person, search.json for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from churn_training.search.choose import Candidate, Choice

REPORT = "search.json"


def leaderboard(candidates: Sequence[Candidate], choice: Choice) -> Iterator[str]:
    """The best first: AUC, its difference to the best one with the 95 % interval, and what it costs to serve."""
    beside = {compared.name: compared for compared in choice.beside_best}
    for one in sorted(candidates, key=lambda candidate: -candidate.auc):
        line = f"{one.name:<28} AUC {one.auc:.4f}  {one.cost!s:>14}"
        if compared := beside.get(one.name):
            difference = compared.difference
            line += f"  {difference.mean:+.4f} ({difference.low:+.4f} to {difference.high:+.4f})"
            line += "  proved worse" if compared.is_proved and not compared.is_as_good else ""
        yield line


def write_report(folder: Path, candidates: Sequence[Candidate], choice: Choice, expected: tuple[float, float]) -> None:
    """All figures of the choice; `expected` is where the rows that judge should find the winner's AUC."""
    document = {
        "winner": choice.winner,
        "why": choice.why,
        "expected_auc": expected,
        "best": choice.best,
        "region_of_practical_equivalence": choice.tolerance,
        "proved": choice.folds.proves,
        "not_compared": choice.left_out,
        "candidates": [{**asdict(candidate), "auc": candidate.auc} for candidate in candidates],
        "beside_best": [{**asdict(compared), "as_good": compared.is_as_good} for compared in choice.beside_best],
    }
    (folder / REPORT).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
