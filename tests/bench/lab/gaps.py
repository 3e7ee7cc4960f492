"""How far ours is from the best of the others, and how much faster it answers one row."""

from collections.abc import Iterable, Mapping
from statistics import mean

from bench.lab.contender import PEERS, Contender
from bench.lab.fold_results import FoldResult

Means = Mapping[str, Mapping[Contender, float]]
"""By data set and contender, the mean over its folds."""


def mean_aucs(results: Iterable[FoldResult]) -> Means:
    """Of whatever folds are there."""
    return _means({(one.key.data_set, one.key.contender, one.key.fold): one.auc for one in results})


def mean_row_us(results: Iterable[FoldResult]) -> Means:
    """Microseconds for one row."""
    return _means({(one.key.data_set, one.key.contender, one.key.fold): one.row_us for one in results})


def auc_gaps(aucs: Means) -> dict[str, float]:
    """By data set, ours less the best of the others there."""
    return {name: by[Contender.OURS] - max(by[peer] for peer in PEERS) for name, by in aucs.items()}


def gap_of_means(aucs: Means) -> float:
    """Ours less the best of the others, each by its mean over the data sets."""
    total = {one: mean(by[one] for by in aucs.values()) for one in Contender}
    return total[Contender.OURS] - max(total[peer] for peer in PEERS)


def row_speed(row_us: Means) -> float:
    """How many times faster than AutoGluon ours scores one row, on the data set where it is least."""
    return min(by[Contender.AUTOGLUON] / by[Contender.OURS] for by in row_us.values())


def _means(values: Mapping[tuple[str, Contender, int], float]) -> Means:
    parts: dict[str, dict[Contender, list[float]]] = {}
    for (data_set, contender, _), value in values.items():
        parts.setdefault(data_set, {}).setdefault(contender, []).append(value)
    return {name: {one: mean(found) for one, found in by.items()} for name, by in parts.items()}
