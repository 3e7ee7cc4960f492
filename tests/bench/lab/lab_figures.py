"""The figures that issue 18 asks of accuracy, from what was measured."""

from collections.abc import Sequence

from bench.lab.fold_results import FoldResult
from bench.lab.gaps import auc_gaps, gap_of_means, mean_aucs, mean_row_us, row_speed
from support.figures import Figure, record


def record_figures(results: Sequence[FoldResult]) -> list[Figure]:
    """Record each with its bar; all contenders must be there on all folds."""
    aucs = mean_aucs(results)
    return [
        record("lab_auc_gap_worst", min(auc_gaps(aucs).values()), "AUC", ">= -0.002"),
        record("lab_auc_gap_mean", gap_of_means(aucs), "AUC", ">= 0"),
        record("lab_row_speed", row_speed(mean_row_us(results)), "times AutoGluon's", ">= 50"),
    ]
