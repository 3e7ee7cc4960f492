"""A whole bundle as one function from encoded rows to probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from churn_models.bundle import Bundle
from churn_models.bundle_manifest import BundleManifest
from churn_models.combine import Scores, combine
from churn_models.encoding import Matrix, encode
from churn_models.golden import check_golden, golden_columns
from churn_models.scoring.member import ScoreMember, load_member


@dataclass(frozen=True)
class EnsembleScores:
    """P(churn) `[rows]` of the ensemble and of each member."""

    ensemble: Scores
    members: Mapping[str, Scores]


class ScoresRows(Protocol):
    """What scores encoded rows: the members' own libraries here, the compiled evaluator of the runtimes."""

    def score(self, matrix: Matrix) -> EnsembleScores:
        """Score encoded rows `[rows, features]` in schema order."""


@dataclass(frozen=True)
class Scorer:
    """The members in the manifest's order, ready to score."""

    manifest: BundleManifest
    members: Mapping[str, ScoreMember]

    def score(self, matrix: Matrix) -> EnsembleScores:
        """Score encoded rows `[rows, features]` in schema order."""
        members = {name: score(matrix) for name, score in self.members.items()}
        stacked = np.column_stack(list(members.values()))
        weights = [member.weight for member in self.manifest.members]
        ensemble = combine(self.manifest.combine, stacked, weights, self.manifest.intercept)
        return EnsembleScores(ensemble, members)


def load_scorer(bundle: Bundle) -> Scorer:
    """Read every member of a verified bundle. Raises MemberUnreadable or TypeUntrusted."""
    members = {member.name: load_member(member.kind, bundle.folder / member.path) for member in bundle.manifest.members}
    return Scorer(bundle.manifest, members)


def check_golden_rows(bundle: Bundle, scorer: ScoresRows) -> float:
    """Score the bundle's golden rows here. Returns the largest difference, raises GoldenMismatch above 1e-6."""
    golden = bundle.golden()
    scores = scorer.score(encode(bundle.schema(), golden_columns(golden)).matrix)
    return check_golden(golden, scores.ensemble, scores.members)
