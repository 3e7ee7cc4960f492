"""Whether more customers would help: the winner fitted on parts of the rows, for the report of a search."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from churn_models.ensemble_spec import EnsembleSpec

from churn_training.search.fold_scores import FoldScores
from churn_training.search.proof import proof_aucs
from churn_training.search.search_rows import SearchRows
from churn_training.search.search_time import OutOfTime
from churn_training.split import Positions

_SHARES = (0.125, 0.25, 0.5, 1.0)
_FOLDS = 3
"""Of the proof: a curve needs no more."""
_FEWEST = 20
"""Rows of each class to fit on."""


@dataclass(frozen=True)
class LearningPoint:
    """The mean AUC of the folds when so many rows were fitted on, its lowest and its highest."""

    rows: int
    auc: float
    low: float
    high: float


def learning_curve(spec: EnsembleSpec, searched: FoldScores, proof: FoldScores) -> tuple[LearningPoint, ...]:
    """From an eighth of the rows to all of them, on the same rows to score; without what is too few to fit on.

    Empty where there is no time for it.
    """
    fits = round(sum(_SHARES) * _FOLDS * len(spec.members))
    if proof.time.takes(fits, max(len(fitted) for fitted, _ in proof.rows.folds)) > proof.time.left:
        return ()
    try:
        return tuple(_points(spec, searched, proof))
    except OutOfTime:
        return ()


def _points(spec: EnsembleSpec, searched: FoldScores, proof: FoldScores) -> Iterator[LearningPoint]:
    rows = proof.rows
    for share in _SHARES:
        folds = tuple((_part(rows, fitted, share), left_out) for fitted, left_out in rows.folds[:_FOLDS])
        if min(np.bincount(rows.data.target[fitted], minlength=2).min() for fitted, _ in folds) < _FEWEST:
            continue
        part = replace(proof, rows=SearchRows(rows.data, folds, rows.seed))
        aucs = proof_aucs(spec, searched, part)
        fitted_on = round(float(np.mean([len(fitted) for fitted, _ in folds])))
        yield LearningPoint(fitted_on, float(np.mean(aucs)), min(aucs), max(aucs))


def _part(rows: SearchRows, fitted: Positions, share: float) -> Positions:
    chosen = np.random.default_rng(rows.seed).permutation(len(fitted))[: round(share * len(fitted))]
    return fitted[np.sort(chosen)]
