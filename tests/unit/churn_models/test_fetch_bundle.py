"""A bundle of any size is fetched with little memory: an init container has 256 MiB and crashes above that."""

import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from churn_models.bundle_manifest import (
    EVALUATION,
    GOLDEN,
    HOLDOUT,
    REFERENCE,
    REFERENCE_SAMPLE,
    SCHEMA,
    BundleManifest,
    DatasetIdentity,
    ManifestFile,
    ManifestMember,
)
from churn_models.combine import CombineRule
from churn_models.digest import digest_of
from churn_models.errors import FileAltered
from churn_models.fetch_bundle import fetch_bundle
from churn_models.member_kind import MemberKind

MEMBER = "members/xgboost/model.ubj"
PIECE = b"\0" * (1 << 16)
PIECES = 1000
"""64 MiB."""


def _archive() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("keys.npy", b"")
    return written.getvalue()


SMALL = {
    SCHEMA: b"{}",
    REFERENCE: b"{}",
    EVALUATION: b"{}",
    GOLDEN: b"",
    REFERENCE_SAMPLE: b"\x93NUMPY",
    HOLDOUT: _archive(),
}


def _member() -> Iterator[bytes]:
    yield b"{L"
    for _ in range(PIECES):
        yield PIECE


def _manifest() -> bytes:
    digest = hashlib.sha256()
    for piece in _member():
        digest.update(piece)
    big = ManifestFile(path=MEMBER, sha256=f"sha256:{digest.hexdigest()}", size=2 + PIECES * len(PIECE))
    files = [ManifestFile(path=path, sha256=digest_of(content), size=len(content)) for path, content in SMALL.items()]
    return BundleManifest(
        model="telco",
        training_id="0" * 64,
        dataset=DatasetIdentity(name="customers", rows=1, sha256=digest_of(b"")),
        libraries={},
        members=(ManifestMember(name="xgboost", kind=MemberKind.XGBOOST, path=MEMBER, weight=1.0),),
        combine=CombineRule.MEAN,
        files=(big, *files),
    ).to_bytes()


def test_no_file_is_held_in_memory(tmp_path: Path) -> None:
    manifest = _manifest()
    tracemalloc.start()
    try:
        bundle = fetch_bundle(
            manifest, lambda path, _: _member() if path == MEMBER else [SMALL[path]], tmp_path / "files"
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (bundle.folder / MEMBER).stat().st_size > 60 << 20
    assert peak < 4 << 20


def test_a_file_that_is_not_the_listed_one_is_refused_before_the_next_is_asked_for(tmp_path: Path) -> None:
    asked = []

    def read(path: str, largest: int) -> list[bytes]:
        asked.append((path, largest))
        return [b"{L", PIECE]

    with pytest.raises(FileAltered, match=MEMBER):
        fetch_bundle(_manifest(), read, tmp_path / "files")
    assert asked == [(MEMBER, 2 + PIECES * len(PIECE))]
