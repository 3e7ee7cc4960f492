"""All that a report can say, gathered from a bundle, or from a training that the gate refused and that left none."""

from dataclasses import dataclass

from churn_models.bundle import Bundle
from churn_models.bundle_manifest import EVALUATION, DatasetIdentity
from churn_models.combine import CombineRule, Scores
from churn_models.comparison import Comparison
from churn_models.digest import Digest
from churn_models.encoding import Matrix
from churn_models.ensemble_spec import USUAL_THRESHOLD, EnsembleSpec
from churn_models.feature_schema import FeatureSchema
from churn_models.holdout import Holdout
from churn_models.member_kind import MemberKind
from churn_models.reference import Reference

from churn_training.evaluate import Evaluation
from churn_training.report.contributions import contributions_of
from churn_training.write_bundle import BundleParts, library_versions


@dataclass(frozen=True)
class Member:
    """One member and what it counts in the ensemble."""

    name: str
    kind: MemberKind
    weight: float


@dataclass(frozen=True)
class Origin:
    """How the ensemble was made."""

    model: str
    training_id: str
    digest: Digest | None
    """None where the gate refused it."""
    dataset: DatasetIdentity
    libraries: dict[str, str]
    members: tuple[Member, ...]
    combine: CombineRule
    threshold: float


@dataclass(frozen=True)
class Facts:
    """`spec` and `matrix` are in no bundle: the bounds, costs and parameters of ensemble.yaml, and the features
    `[rows, features]` of the rows that judge, in the order of `holdout`.
    """

    origin: Origin
    schema: FeatureSchema
    reference: Reference
    evaluation: Evaluation
    holdout: Holdout
    comparison: Comparison | None
    spec: EnsembleSpec | None = None
    matrix: Matrix | None = None
    contributions: Scores | None = None
    """What each feature adds to the answer `[rows, features + 1]`, of some of the rows that judge."""
    refusal: str | None = None
    """Why the gate refused it."""


def facts_of_bundle(bundle: Bundle, spec: EnsembleSpec | None, matrix: Matrix | None) -> Facts:
    """Of a bundle that passed its gate, with what is known beside it."""
    manifest = bundle.manifest
    return Facts(
        origin=Origin(
            model=manifest.model,
            training_id=manifest.training_id,
            digest=bundle.digest,
            dataset=manifest.dataset,
            libraries=manifest.libraries,
            members=tuple(Member(member.name, member.kind, member.weight) for member in manifest.members),
            combine=manifest.combine,
            threshold=manifest.threshold or USUAL_THRESHOLD,
        ),
        schema=bundle.schema(),
        reference=bundle.reference(),
        evaluation=Evaluation.model_validate_json((bundle.folder / EVALUATION).read_bytes()),
        holdout=bundle.holdout(),
        comparison=bundle.comparison(),
        spec=spec,
        matrix=matrix,
        contributions=None if matrix is None else contributions_of(bundle, matrix),
    )


def facts_of_refused(parts: BundleParts, matrix: Matrix, refusal: str) -> Facts:
    """Of an ensemble that will get no bundle."""
    weights = zip(parts.spec.members, parts.ensemble.combination.weights, strict=True)
    return Facts(
        origin=Origin(
            model=parts.spec.name,
            training_id=parts.training_id,
            digest=None,
            dataset=parts.dataset,
            libraries=library_versions(parts.spec),
            members=tuple(Member(member.name, member.kind, weight) for member, weight in weights),
            combine=parts.ensemble.combination.rule,
            threshold=parts.threshold,
        ),
        schema=parts.schema,
        reference=parts.reference,
        evaluation=parts.judgement.evaluation,
        holdout=parts.holdout,
        comparison=parts.judgement.comparison,
        spec=parts.spec,
        matrix=matrix,
        refusal=refusal,
    )
