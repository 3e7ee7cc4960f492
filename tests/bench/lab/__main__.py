"""`make bench-lab [SECONDS=60]`: what ours, AutoGluon, FLAML and a tuned stack reach on four churn tables.

python -m bench.lab [SECONDS]
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from bench.lab.contender import Contender
from bench.lab.data_set import DATA_SETS, DataMissing, read_tables
from bench.lab.fold_results import FoldKey, FoldResult, keep_result, read_results
from bench.lab.folds import FOLDS, FoldFiles, write_folds
from bench.lab.lab_figures import record_figures
from bench.lab.lab_report import LAB, described, report_text
from bench.lab.run_fold import FoldFailed, run_fold
from churn_training.progress import say, step
from churn_training.search.trial_lines import duration

SCRATCH = Path("build/bench-lab").resolve()
RESULTS = SCRATCH / "results.jsonl"
BUDGET_SECONDS = 60.0
_OVERHEAD_SECONDS = 12
"""Of a fold beside its budget, for the first guess of when it will be over."""


def main() -> None:
    """Go on until all folds are measured, then write LAB.md. Ends with 1 where a figure falls short."""
    budget = float(sys.argv[1]) if len(sys.argv) > 1 else BUDGET_SECONDS
    try:
        tables = read_tables(DATA_SETS)
        files = {name: write_folds(table, SCRATCH / "folds" / name) for name, table in tables.items()}
        for contender in Contender:
            contender.environment.install()
        results = measured(plan(budget, files), files)
    except (DataMissing, FoldFailed) as error:
        sys.exit(f"error: {error}")
    # A trial of the bench with another budget leaves the record alone.
    is_record = budget == BUDGET_SECONDS
    figures = record_figures(results) if is_record else []
    path = LAB if is_record else SCRATCH / LAB.name
    path.write_text(report_text(results, figures, described()), encoding="utf-8")
    say(path.read_text(encoding="utf-8"))
    sys.exit(not all(figure.holds for figure in figures))


def plan(budget: float, data_sets: Iterable[str]) -> list[FoldKey]:
    """All contenders of a fold one after another, so that a machine that grows slower is slower for all."""
    made_by = {one: one.made_by for one in Contender}
    folds = [(name, fold) for name in data_sets for fold in range(FOLDS)]
    return [FoldKey(name, fold, one, budget, made_by[one]) for name, fold in folds for one in Contender]


def measured(keys: list[FoldKey], files: dict[str, list[FoldFiles]]) -> list[FoldResult]:
    """What is kept already, and the rest. Raises FoldFailed, what was measured before it being kept."""
    done = read_results(RESULTS, keys)
    left = [key for key in keys if key not in done]
    say(f"{len(done)} of {len(keys)} folds are measured")
    begun, kept = time.monotonic(), len(done)
    for number, key in enumerate(left):
        passed = time.monotonic() - begun
        one = passed / number if number else key.budget_seconds + _OVERHEAD_SECONDS
        say(f"{kept + number + 1} of {len(keys)}; {duration(one * (len(left) - number))} left")
        with step(f"{key.data_set}, fold {key.fold}: {key.contender}"):
            folder = SCRATCH / "work" / f"{key.data_set}-{key.fold}-{key.contender.name.lower()}"
            done[key] = run_fold(key, files[key.data_set][key.fold], folder)
        say(f"    AUC {done[key].auc:.4f}, one row {done[key].row_us:,.0f} µs: {done[key].told}")
        keep_result(RESULTS, done[key])
    return [done[key] for key in keys]


if __name__ == "__main__":
    main()
