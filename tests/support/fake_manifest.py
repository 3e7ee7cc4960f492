"""A well-formed manifest without a bundle behind it, for tests that read no file."""

import hashlib
from collections.abc import Mapping

from churn_models.bundle_manifest import (
    FIXED_FILES,
    BundleManifest,
    DatasetIdentity,
    ManifestFile,
    ManifestMember,
)
from churn_models.combine import CombineRule
from churn_models.member_kind import MemberKind


def fake_manifest(
    model: str, weights: Mapping[str, float], rule: CombineRule = CombineRule.MEAN, number: int = 1
) -> BundleManifest:
    """Members by name with their weights, all of them XGBoost; another number makes another digest."""
    members = tuple(_member(name, weight) for name, weight in weights.items())
    identity = hashlib.sha256(f"{model}/{number}".encode()).hexdigest()
    digest = f"sha256:{identity}"
    paths = [*sorted(FIXED_FILES), *(member.path for member in members)]
    return BundleManifest(
        model=model,
        training_id=identity,
        dataset=DatasetIdentity(name="fake", rows=1, sha256=digest),
        libraries={},
        members=members,
        combine=rule,
        files=tuple(ManifestFile(path=path, sha256=digest, size=1) for path in paths),
    )


def _member(name: str, weight: float) -> ManifestMember:
    kind = MemberKind.XGBOOST
    return ManifestMember(name=name, kind=kind, path=f"members/{name}/{kind.file_name}", weight=weight)
