"""What an ensemble answers, from whichever members answered it: by their libraries here, or from other pods.

The scorer and the runtimes' fan-out both end in `combine_members`, so that they cannot differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from churn_models.bundle_manifest import BundleManifest
from churn_models.combine import CombineRule, Scores, combine
from churn_models.golden import GoldenRow, check_golden


@dataclass(frozen=True)
class EnsembleScores:
    """P(churn) `[rows]` of the ensemble and of each member that answered."""

    ensemble: Scores
    members: Mapping[str, Scores]
    missing: tuple[str, ...] = ()
    """Members that did not answer, in the manifest's order; the ensemble's scores are made without them."""


def combine_members(manifest: BundleManifest, members: Mapping[str, Scores]) -> EnsembleScores:
    """Join the members that answered, at least `fewest_members`; the others' weights fall to them."""
    answered = [member for member in manifest.members if member.name in members]
    stacked = np.column_stack([members[member.name] for member in answered])
    weights = [member.weight for member in answered]
    ensemble = combine(manifest.combine, stacked, weights, manifest.intercept)
    missing = tuple(member.name for member in manifest.members if member.name not in members)
    return EnsembleScores(ensemble, {member.name: members[member.name] for member in answered}, missing)


def fewest_members(manifest: BundleManifest, quorum: int | None) -> int:
    """How many members must answer: the quorum, or all of them where none is given.

    A stack needs all whatever the quorum says: its coefficients were fitted for all of them together.
    """
    if quorum is None or manifest.combine is CombineRule.STACK:
        return len(manifest.members)
    return quorum


def check_golden_scores(rows: Sequence[GoldenRow], scores: EnsembleScores) -> float:
    """The largest difference to what training computed for these rows. Raises GoldenMismatch above 1e-6.

    Where members are missing, the ensemble's own scores have nothing to equal; the others' have.
    """
    return check_golden(rows, None if scores.missing else scores.ensemble, scores.members)
