"""Sixth step: the bundle on disk, every file of it listed with its digest, opened and scored before it counts."""

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from churn_models.bundle import Bundle, open_bundle
from churn_models.bundle_manifest import (
    COMPARISON,
    EVALUATION,
    GOLDEN,
    HOLDOUT,
    MANIFEST,
    REFERENCE,
    REFERENCE_SAMPLE,
    SCHEMA,
    BundleManifest,
    DatasetIdentity,
    ManifestFile,
    ManifestMember,
)
from churn_models.comparison import Comparison
from churn_models.digest import digest_of
from churn_models.encoding import Matrix, encode
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import Feature, FeatureSchema
from churn_models.golden import GoldenRow
from churn_models.holdout import Holdout
from churn_models.member_kind import MemberKind
from churn_models.numeric_feature import NumericFeature, Range
from churn_models.reference import Reference
from churn_models.scoring.scorer import check_golden_rows, load_scorer
from numpy.typing import NDArray

from churn_training.dataset_digest import dataset_digest
from churn_training.evaluate import Evaluation
from churn_training.fit_ensemble import FittedEnsemble
from churn_training.select_golden import Row
from churn_training.split import Split, holdout_of
from churn_training.time_column import first_and_last

BUNDLE = "bundle"
"""The bundle's folder inside the folder of one training."""

_LIBRARIES = {
    MemberKind.RANDOM_FOREST: "scikit-learn",
    MemberKind.LOGISTIC_REGRESSION: "scikit-learn",
    MemberKind.XGBOOST: "xgboost-cpu",
    MemberKind.LIGHTGBM: "lightgbm",
    MemberKind.CATBOOST: "catboost",
}


@dataclass(frozen=True)
class Judgement:
    """What the rows that judge said of the ensemble, by itself and beside the champion where there is one."""

    evaluation: Evaluation
    comparison: Comparison | None = None


@dataclass(frozen=True)
class BundleParts:
    """Everything that a bundle is made of, still in memory."""

    spec: EnsembleSpec
    schema: FeatureSchema
    dataset: DatasetIdentity
    training_id: str
    ensemble: FittedEnsemble
    threshold: float
    reference: Reference
    sample: Matrix
    golden: list[Row]
    holdout: Holdout
    judgement: Judgement


def library_versions(spec: EnsembleSpec) -> dict[str, str]:
    """The versions of what computes this ensemble's scores."""
    names = {"churn-models", "numpy", "skops", *(_LIBRARIES[member.kind] for member in spec.members)}
    return {name: version(name) for name in sorted(names)}


def training_id(
    spec: EnsembleSpec,
    schema: FeatureSchema,
    dataset: DatasetIdentity,
    seed: int,
    libraries: Mapping[str, str] | None = None,
) -> str:
    """What a repeated training shares: a hash of the data, ensemble, schema, seed and library versions.

    `libraries` are those of another installation.
    """
    written = spec.model_copy(update={"holdout": holdout_of(spec, schema)})
    parts = [
        dataset.sha256,
        written.model_dump_json(exclude={"search"}),
        schema.model_dump_json(),
        str(seed),
        repr(dict(libraries or library_versions(spec))),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def dataset_identity(schema: FeatureSchema, name: str, table: pd.DataFrame, parts: Split) -> DatasetIdentity:
    """The digest covers the validated table, so the same customers have the same one in CSV or PostgreSQL."""
    first = last = None
    if schema.time:
        first, last = first_and_last(table[schema.time].drop(parts.waiting))
    return DatasetIdentity(name=name, rows=len(table), sha256=dataset_digest(table), data_from=first, data_to=last)


def with_seen_ranges(schema: FeatureSchema, table: pd.DataFrame, positions: NDArray[np.int64]) -> FeatureSchema:
    """The schema with what the rows at these positions hold noted at each numeric feature."""
    features = tuple(_with_seen_range(feature, table, positions) for feature in schema.features)
    return schema.with_features([*features, *schema.derived])


def write_bundle(parts: BundleParts, folder: Path) -> Bundle:
    """Write every file and the manifest last, then verify it as the server will.

    An earlier bundle of the same training in this folder is replaced. Raises BundleError when what was
    written does not score like what was fitted.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for member in parts.spec.members:
        path = folder / _member_path(member.name, member.kind)
        path.parent.mkdir(parents=True)
        parts.ensemble.members[member.name].save(path)
    (folder / SCHEMA).write_text(parts.schema.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / REFERENCE).write_text(parts.reference.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (folder / EVALUATION).write_text(parts.judgement.evaluation.model_dump_json(indent=1) + "\n", encoding="utf-8")
    if comparison := parts.judgement.comparison:
        (folder / COMPARISON).write_text(comparison.model_dump_json(indent=1) + "\n", encoding="utf-8")
    np.save(folder / REFERENCE_SAMPLE, parts.sample, allow_pickle=False)
    parts.holdout.write(folder / HOLDOUT)
    golden = (row.model_dump_json() + "\n" for row in _scored(parts))
    (folder / GOLDEN).write_text("".join(golden), encoding="utf-8")
    (folder / MANIFEST).write_bytes(_manifest(parts, folder).to_bytes())
    bundle = open_bundle(folder)
    check_golden_rows(bundle, load_scorer(bundle))
    return bundle


def _scored(parts: BundleParts) -> Iterable[GoldenRow]:
    columns = {name: [row[name] for row in parts.golden] for name in parts.schema.names}
    matrix = encode(parts.schema, columns).matrix
    ensemble = parts.ensemble.score(matrix)
    members = parts.ensemble.score_members(matrix)
    for row, score, by_member in zip(parts.golden, ensemble, members, strict=True):
        named = dict(zip(parts.ensemble.members, map(float, by_member), strict=True))
        yield GoldenRow(row=row, score=float(score), members=named)


def _manifest(parts: BundleParts, folder: Path) -> BundleManifest:
    found = parts.ensemble.combination
    members = tuple(
        ManifestMember(name=member.name, kind=member.kind, path=_member_path(member.name, member.kind), weight=weight)
        for member, weight in zip(parts.spec.members, found.weights, strict=True)
    )
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return BundleManifest(
        model=parts.spec.name,
        training_id=parts.training_id,
        dataset=parts.dataset,
        libraries=library_versions(parts.spec),
        members=members,
        combine=found.rule,
        intercept=found.intercept,
        threshold=parts.threshold,
        files=tuple(_listed(folder, path) for path in paths),
    )


def _listed(folder: Path, path: Path) -> ManifestFile:
    content = path.read_bytes()
    return ManifestFile(path=path.relative_to(folder).as_posix(), sha256=digest_of(content), size=len(content))


def _member_path(name: str, kind: MemberKind) -> str:
    return f"members/{name}/{kind.file_name}"


def _with_seen_range(feature: Feature, table: pd.DataFrame, positions: NDArray[np.int64]) -> Feature:
    if not isinstance(feature, NumericFeature):
        return feature
    known = table[feature.name].iloc[positions].dropna()
    if known.empty:
        return feature
    return feature.model_copy(update={"seen": Range(low=float(known.min()), high=float(known.max()))})
