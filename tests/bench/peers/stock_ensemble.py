"""Peer: the ensemble in stock MLServer as one writes it first, scikit-learn, XGBoost and LightGBM called in turn."""

from pathlib import Path

import numpy as np
from bench.peers.mlserver_runtime import MatrixRuntime, Score
from churn_models.bundle import open_bundle
from churn_models.combine import Scores
from churn_models.encoding import Matrix
from churn_models.member_kind import MemberKind
from churn_models.scoring.member import load_member
from churn_models.scoring.trusted_types import load_skops


class StockEnsemble(MatrixRuntime):
    """Three stock calls and their mean; the forest's `n_jobs` comes from the model settings."""

    def read(self, uri: Path) -> Score:
        """Load each member by its own library."""
        return stock_ensemble(uri, self._settings.parameters.extra["n_jobs"])


def stock_ensemble(uri: Path, n_jobs: int | None) -> Score:
    """The same outside MLServer, for the bench of the models alone."""
    bundle = open_bundle(uri)
    forest, features = stock_forest(uri, n_jobs), len(bundle.schema().features)
    boosted = [
        load_member(member.kind, uri / member.path, features)
        for member in bundle.manifest.members
        if member.kind is not MemberKind.RANDOM_FOREST
    ]
    return lambda matrix: _mean([forest, *boosted], matrix)


def stock_forest(uri: Path, n_jobs: int | None) -> Score:
    """The random forest's `predict_proba` alone."""
    member = next(one for one in open_bundle(uri).manifest.members if one.kind is MemberKind.RANDOM_FOREST)
    classifier = load_skops(uri / member.path)
    classifier.n_jobs = n_jobs
    return lambda matrix: np.asarray(classifier.predict_proba(matrix)[:, 1], dtype=np.float64)


def _mean(members: list[Score], matrix: Matrix) -> Scores:
    return np.asarray(np.mean([score(matrix) for score in members], axis=0), dtype=np.float64)
