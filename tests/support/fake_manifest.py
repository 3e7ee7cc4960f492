"""A well-formed manifest without a bundle behind it, for tests that read no file."""

import hashlib
from collections.abc import Mapping

from churn_models.bundle_manifest import (
    COMPARISON,
    FIXED_FILES,
    BundleManifest,
    DatasetIdentity,
    ManifestFile,
    ManifestMember,
)
from churn_models.combine import CombineRule
from churn_models.digest import digest_of
from churn_models.member_kind import MemberKind


def fake_manifest(
    model: str,
    weights: Mapping[str, float],
    rule: CombineRule = CombineRule.MEAN,
    number: int = 1,
    comparison: bytes | None = None,
) -> BundleManifest:
    """Members by name with their weights, all of them XGBoost; another number makes another digest."""
    members = tuple(_member(name, weight) for name, weight in weights.items())
    identity = hashlib.sha256(f"{model}/{number}".encode()).hexdigest()
    digest = f"sha256:{identity}"
    paths = [*sorted(FIXED_FILES), *(member.path for member in members)]
    files = [ManifestFile(path=path, sha256=digest, size=1) for path in paths]
    if comparison is not None:
        files.append(ManifestFile(path=COMPARISON, sha256=digest_of(comparison), size=len(comparison)))
    return BundleManifest(
        model=model,
        training_id=identity,
        dataset=DatasetIdentity(name="fake", rows=1, sha256=digest),
        libraries={},
        members=members,
        combine=rule,
        files=tuple(files),
    )


def _member(name: str, weight: float) -> ManifestMember:
    kind = MemberKind.XGBOOST
    return ManifestMember(name=name, kind=kind, path=f"members/{name}/{kind.file_name}", weight=weight)
