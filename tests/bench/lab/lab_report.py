"""LAB.md: what everybody reached within the budget, with all that one needs to judge it."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from statistics import mean

from bench.lab.contender import Contender
from bench.lab.fold_results import FoldResult
from bench.lab.gaps import Means, auc_gaps, mean_aucs, mean_row_us
from bench.machine import describe_machine
from bench.table import markdown
from support.figures import Figure

LAB = Path(__file__).parents[1] / "LAB.md"
_VERSIONS = ("autogluon.tabular", "FLAML", "scikit-learn", "xgboost-cpu", "lightgbm", "catboost", "optuna")


def report_text(results: Sequence[FoldResult], figures: Sequence[Figure], machine: str) -> str:
    """The page; `machine` is its list of facts about where it ran."""
    aucs = mean_aucs(results)
    budget = results[0].key.budget_seconds
    folds = len({one.key.fold for one in results})
    return f"""# Results of `make bench-lab`

Written by `make bench-lab` on {date.today().isoformat()}; do not edit.

{machine}
- Everybody had {budget:.0f} s a fold on two cores, imports not counted, the same {folds} folds as CSV files, and the
  same columns. Rows with equal features are on one side.
- Folds are measured one at a time, and the bench goes on where it was stopped: what else ran on the machine was not the
  same for all of them.
- Ours: `init`, CatBoost added, `search --no-proof` with `tolerance: 0`, `holdout: 0.02` and without stacks, and what
  it found fitted on all rows; all of it has the budget. AutoGluon: preset `best_quality`, without its neural networks,
  which need torch, and with `dynamic_stacking=False`. FLAML: with `ensemble=True`. The stack: HistGradientBoosting,
  random forest, extra trees and logistic regression, tuned by random search and stacked.

## ROC AUC, mean over the folds

{markdown(auc_rows(aucs))}

The gap is ours less the best of the others on that table. The best of several has luck on its side; the last line
compares each one's mean over the tables.

## Seconds of fitting, and microseconds for one row

{markdown(_cost_rows(results))}

One row is asked of libraries as a frame of one row, their models in memory; of ours as a customer's columns, encoded
and scored by the compiled evaluator. Medians of many calls; mean over the folds.

## Figures

{markdown([["figure", "value", "unit", "bar", ""], *map(_figure, figures)])}

## What won

{markdown(_winners(results))}
"""


def auc_rows(aucs: Means) -> list[list[str]]:
    """A line for each table, and the means."""
    gaps = auc_gaps(aucs)
    lines = [["table", *Contender, "gap"]]
    lines += [[name, *(f"{by[one]:.4f}" for one in Contender), f"{gaps[name]:+.4f}"] for name, by in aucs.items()]
    means = [mean(by[one] for by in aucs.values()) for one in Contender]
    ours, *others = means
    return [*lines, ["mean", *(f"{value:.4f}" for value in means), f"{ours - max(others):+.4f}"]]


def _cost_rows(results: Sequence[FoldResult]) -> list[list[str]]:
    row_us = mean_row_us(results)
    lines = [["table", *(f"{one}, s / µs" for one in Contender)]]
    for name, by in row_us.items():
        seconds = [_fit_seconds(results, name, one) for one in Contender]
        lines.append([name, *(f"{took:.0f} / {by[one]:,.0f}" for took, one in zip(seconds, Contender, strict=True))])
    return lines


def _fit_seconds(results: Sequence[FoldResult], data_set: str, contender: Contender) -> float:
    return mean(one.fit_seconds for one in results if (one.key.data_set, one.key.contender) == (data_set, contender))


def _winners(results: Sequence[FoldResult]) -> list[list[str]]:
    lines = [["table", "fold", "who", "AUC", "what"]]
    return lines + [
        [one.key.data_set, str(one.key.fold), one.key.contender, f"{one.auc:.4f}", one.told] for one in results
    ]


def _figure(figure: Figure) -> list[str]:
    return [figure.name, f"{figure.value:.4g}", figure.unit, figure.bar, "" if figure.holds else "short"]


def described() -> str:
    """Where it ran, and what with."""
    versions = {name: found for one in Contender for name, found in one.environment.versions(_VERSIONS).items()}
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"- Machine: {describe_machine()}.\n- {named}."
