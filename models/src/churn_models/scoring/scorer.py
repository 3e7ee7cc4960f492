"""A whole bundle as one function from encoded rows to probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from churn_models.bundle import Bundle
from churn_models.bundle_manifest import BundleManifest
from churn_models.combine import Scores
from churn_models.derive import Program, program_of
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores, check_golden_scores, combine_members
from churn_models.errors import MemberUnreadable
from churn_models.golden import encode_golden
from churn_models.scoring.member import ScoreMember, load_member


class ScoresRows(Protocol):
    """What scores encoded rows: the members' own libraries here, the compiled evaluator of the runtimes."""

    def score(self, matrix: Matrix) -> EnsembleScores:
        """Score encoded rows `[rows, features]` in schema order."""


@runtime_checkable
class Explains(Protocol):
    """What also says which feature moved a score: the compiled evaluator alone."""

    @property
    def explained(self) -> list[str | None]:
        """Who has contributions: None is the ensemble."""

    def explain_ensemble(self, matrix: Matrix) -> Scores:
        """What each feature, derived ones too, adds to the answer, and the base value `[rows, features + 1]`."""


@dataclass(frozen=True)
class Scorer:
    """The members in the manifest's order, ready to score; they take rows with the derived features behind."""

    manifest: BundleManifest
    members: Mapping[str, ScoreMember]
    program: Program

    def score(self, matrix: Matrix) -> EnsembleScores:
        """Score encoded rows `[rows, features]` in schema order."""
        wide = self.program.derive(matrix)
        return combine_members(self.manifest, {name: score(wide) for name, score in self.members.items()})


def load_scorer(bundle: Bundle, only: str | None = None) -> Scorer:
    """Read the members of a verified bundle, or one of them alone. Raises MemberUnreadable or TypeUntrusted."""
    schema = bundle.schema()
    features = len(schema.scored_names)
    members = {
        member.name: _naming(member.name, load_member(member.kind, bundle.folder / member.path, features))
        for member in bundle.manifest.members
        if only in (None, member.name)
    }
    return Scorer(bundle.manifest, members, program_of(schema))


def _naming(name: str, member: ScoreMember) -> ScoreMember:
    """The same member, whose library's errors say which member it is."""

    def predict(matrix: Matrix) -> Any:
        try:
            return member.predict(matrix)
        except Exception as error:
            raise MemberUnreadable(f"member {name} cannot be scored: {type(error).__name__}: {error}") from error

    return replace(member, predict=predict)


def check_golden_rows(bundle: Bundle, scorer: ScoresRows, only: str | None = None) -> float:
    """Score the bundle's golden rows here. Returns the largest difference, raises GoldenMismatch above 1e-6.

    With `only`, the scorer is of this member alone, and the ensemble's own scores have nothing to equal.
    """
    golden = bundle.golden()
    scores = scorer.score(encode_golden(bundle.schema(), golden))
    if only is not None:
        others = tuple(member.name for member in bundle.manifest.members if member.name != only)
        scores = replace(scores, missing=others)
    return check_golden_scores(golden, scores)
