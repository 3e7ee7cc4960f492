"""Which proposed features a search goes on with: one after another, each tested beside those before it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from churn_models.combine import Scores
from churn_models.derive import program_of, with_means
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema

from churn_training.progress import note
from churn_training.search.features.permutation_test import permutation_test
from churn_training.search.features.propose import Proposal, propose
from churn_training.search.fold_scores import FoldScores
from churn_training.search.joined_scores import fold_aucs, joined_scores
from churn_training.search.search_rows import SearchRows
from churn_training.search.search_time import OutOfTime
from churn_training.training_data import Target

_MOST = 4
"""Features: each costs the ensemble's fits on all folds, and is one more to explain."""
_TRIED = 5
"""Of those that pass, before the rest is given up: what says most need not be what the members can use."""
_PROVED = 0.05 / _MOST
"""Over as many rounds no more than one search in twenty keeps what chance has made."""
_LEAST = 0.001
"""A smaller rise of the AUC is not worth a feature."""


@dataclass(frozen=True)
class KeptFeature:
    """A feature that passed, with the AUC of the ensemble as written on rows left out, without it and with it."""

    name: str
    words: str
    p_value: float
    rises: bool
    """Whether customers with more of it churn more than their scores say."""
    before: float
    after: float

    @property
    def sentence(self) -> str:
        """For a person."""
        return (
            f"{self.name} is {self.words}: of customers whom the ensemble without it scored alike, those with more of "
            f"it churned {'more' if self.rises else 'less'} (p {self.p_value:.4f}, corrected for all proposals), and "
            f"with it the AUC on rows left out went from {self.before:.4f} to {self.after:.4f}"
        )


@dataclass(frozen=True)
class ChosenFeatures:
    """The schema with what was kept; `proposed` is how many were tested at first."""

    schema: FeatureSchema
    kept: tuple[KeptFeature, ...]
    proposed: int


def choose_features(spec: EnsembleSpec, searched: FoldScores) -> ChosenFeatures:
    """Of the ensemble as written, on the folds of the search; with an end, as many as there is time for.

    Raises SpecError.
    """
    schema = searched.rows.data.schema
    proposed = len(propose(schema, searched.rows.data.matrix))
    kept: list[KeptFeature] = []
    try:
        for one, with_it in _chosen(spec, searched):
            kept.append(one)
            schema = with_it
    except OutOfTime:
        note("there is no time to try more of them")
    return ChosenFeatures(schema, tuple(kept), proposed)


def _chosen(spec: EnsembleSpec, searched: FoldScores) -> Iterator[tuple[KeptFeature, FeatureSchema]]:
    """One after another, each with the schema that has it. Raises OutOfTime."""
    scores, target, before = _scored(spec, searched)
    for _ in range(_MOST):
        for passed in _passed(searched.rows, scores, target)[:_TRIED]:
            tried = searched.with_schema(_with(searched.rows.data.schema, passed.proposal))
            scores_with, _, after = _scored(spec, tried)
            if after >= before + _LEAST:
                break
        else:
            # Nothing passed, or nothing that its members can use.
            return
        proposal = passed.proposal
        kept = KeptFeature(proposal.name, proposal.words, passed.p_value, passed.effect > 0, before, after)
        yield kept, tried.rows.data.schema
        searched, scores, before = tried, scores_with, after


def with_schema(rows: SearchRows, schema: FeatureSchema) -> SearchRows:
    """The same rows and folds, their features derived by this schema."""
    return replace(rows, data=replace(rows.data, schema=schema))


@dataclass(frozen=True)
class _Passed:
    """A proposal with what the test said of it."""

    proposal: Proposal
    p_value: float
    effect: float


def _passed(rows: SearchRows, scores: Scores, target: Target) -> list[_Passed]:
    """Proposals that pass; who says most comes first."""
    data = rows.data
    proposals = propose(data.schema, data.matrix)
    if not proposals:
        return []
    scored = np.concatenate([left_out for _, left_out in rows.folds])
    columns = np.column_stack([_column(rows, proposal)[scored] for proposal in proposals])
    tested = permutation_test(columns, target, scores, rows.seed)
    found = map(_Passed, proposals, map(float, tested.p_values), map(float, tested.effects))
    return sorted((one for one in found if one.p_value < _PROVED), key=lambda one: -abs(one.effect))


def _column(rows: SearchRows, proposal: Proposal) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    schema = rows.data.schema.with_features([*rows.data.schema.features, *proposal.steps])
    # The class has no part in the means, so those of all rows tell nothing of it.
    return program_of(with_means(schema, rows.data.matrix)).derive(rows.data.matrix)[:, -1]


def _with(schema: FeatureSchema, proposal: Proposal) -> FeatureSchema:
    return schema.with_features([*schema.features, *schema.derived, *proposal.steps])


def _scored(spec: EnsembleSpec, scores: FoldScores) -> tuple[Scores, Target, float]:
    """The ensemble's out-of-fold scores and their classes, one fold after another, and its mean AUC."""
    rows = scores.rows
    members = [scores.members(spec.members, fold) for fold in range(len(rows.folds))]
    joined = joined_scores(spec, members, rows.target, rows.goes_forward)
    target = np.concatenate([rows.target(fold) for fold in range(len(rows.folds))])
    return np.concatenate(joined), target, float(np.mean(fold_aucs(spec, members, rows.target, rows.goes_forward)))
