"""Scores of rows that the fit which gives them has not seen: made once, for the stack and for reference.json."""

from dataclasses import dataclass

import numpy as np
from churn_models.combine import Scores
from churn_models.ensemble_spec import EnsembleSpec

from churn_training.learners.registry import fit_member
from churn_training.progress import step
from churn_training.split import Positions, folds
from churn_training.training_data import Target, TrainingData

_FOLDS = 5
_MOST_ROWS = 100_000
"""More rows make the histograms and the calibration no better, but five fits of a million rows take ten minutes."""


@dataclass(frozen=True)
class OutOfFold:
    """`members` are P(churn) `[rows, members]` in the order of the spec, `target` `[rows]` of the same rows."""

    members: Scores
    target: Target


def score_out_of_fold(spec: EnsembleSpec, data: TrainingData, seed: int) -> OutOfFold:
    """Fit every member on each fold of these rows, or of a sample of them. Raises SpecError."""
    sample = data.rows(sampled(len(data.target), seed))
    scored: list[Positions] = []
    scores: list[Scores] = []
    for number, (fitted, left_out) in enumerate(folds(sample, _FOLDS, seed), 1):
        with step(f"out-of-fold scores, {number} of {_FOLDS}"):
            rows = sample.rows(fitted)
            members = [fit_member(member, rows, seed) for member in spec.members]
            scores.append(np.column_stack([member.score(sample.matrix[left_out]) for member in members]))
            scored.append(left_out)
    return OutOfFold(np.concatenate(scores), sample.target[np.concatenate(scored)])


def sampled(rows: int, seed: int) -> Positions:
    """All of so many rows, or as many of them as scores need, in their order."""
    if rows <= _MOST_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, _MOST_ROWS, replace=False))
