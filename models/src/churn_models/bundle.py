"""A bundle on disk, and the check that it is exactly what its manifest says.

The registry client calls `open_bundle` on what it fetched, training on what it wrote, the runtimes before
they read a member. Nothing else opens a bundle, so nothing reads an unverified file.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from churn_models.bundle_manifest import (
    COMPARISON,
    GOLDEN,
    HOLDOUT,
    MANIFEST,
    REFERENCE,
    SCHEMA,
    BundleManifest,
    ManifestFile,
    check_path,
)
from churn_models.comparison import Comparison
from churn_models.derive import program_of
from churn_models.digest import Digest, digest_of, digest_of_file
from churn_models.errors import (
    FileAltered,
    FileInvalid,
    FileMissing,
    FileUnlisted,
    FormatForbidden,
    ManifestInvalid,
    PathUnsafe,
)
from churn_models.feature_schema import FeatureSchema
from churn_models.golden import GoldenRow, check_golden_names, read_golden
from churn_models.holdout import Holdout, read_holdout
from churn_models.reference import Reference
from churn_models.stored_archive import SUFFIXES, archive_fault

_SHOWN = 300
_MAGIC = {
    ".skops": b"PK\x03\x04",
    ".ubj": b"{L",
    ".txt": b"tree\n",
    ".cbm": b"CBM1",
    ".npy": b"\x93NUMPY",
    ".npz": b"PK\x03\x04",
}


@dataclass(frozen=True)
class Bundle:
    """A verified bundle: the folder, its manifest, and the digest that identifies both."""

    folder: Path
    manifest: BundleManifest
    digest: Digest

    def schema(self) -> FeatureSchema:
        """The features, their order and their encoding. Raises FileInvalid, as all of these do."""
        with _naming(SCHEMA):
            schema = FeatureSchema.model_validate_json((self.folder / SCHEMA).read_bytes())
            program_of(schema)
            return schema

    def reference(self) -> Reference:
        """What training saw, to compare traffic with."""
        with _naming(REFERENCE):
            return Reference.model_validate_json((self.folder / REFERENCE).read_bytes())

    def holdout(self) -> Holdout:
        """The rows that judged the model, with its scores."""
        with _naming(HOLDOUT):
            return read_holdout(self.folder / HOLDOUT)

    def comparison(self) -> Comparison | None:
        """What the champion of that time scored on them; None where there was none."""
        path = self.folder / COMPARISON
        with _naming(COMPARISON):
            return Comparison.model_validate_json(path.read_bytes()) if path.exists() else None

    def golden(self) -> tuple[GoldenRow, ...]:
        """Rows with the scores that training computed: at least one, each with every member's."""
        with _naming(GOLDEN):
            rows = read_golden(self.folder / GOLDEN)
        check_golden_names(rows, [member.name for member in self.manifest.members])
        return rows


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """Raises FileInvalid with the file's name for whatever reading it raises."""
    try:
        yield
    except Exception as error:  # a file of any content: ValidationError, UnicodeDecodeError, BadZipFile, KeyError, …
        text = " ".join(str(error).split())
        raise FileInvalid(f"{name} cannot be read: {type(error).__name__}: {text[:_SHOWN]}") from error


def open_bundle(folder: Path, expected: Digest | None = None) -> Bundle:
    """Verify every file of the folder against manifest.json, and that against `expected` where it is given.

    Raises the BundleError that names the first fault found: an unlisted or missing file, a link, a path that
    leaves the folder, another size or digest, a forbidden format.
    """
    content = _read_manifest(folder)
    digest = digest_of(content)
    if expected is not None and digest != expected:
        raise ManifestInvalid(f"{MANIFEST} in {folder} is {digest}, not {expected}")
    manifest = BundleManifest.from_bytes(content)
    _check_names(folder, {file.path for file in manifest.files} | {MANIFEST})
    for file in manifest.files:
        check_file(file, folder / file.path)
    return Bundle(folder, manifest, digest)


def check_file(file: ManifestFile, path: Path) -> None:
    """Refuse what is not the listed file (FileAltered) or not of its format (FormatForbidden)."""
    if (size := path.stat().st_size) != file.size:
        raise FileAltered(f"{file.path} has {size} bytes, the manifest says {file.size}")
    if (digest := digest_of_file(path)) != file.sha256:
        raise FileAltered(f"{file.path} is {digest}, the manifest says {file.sha256}")
    magic = _MAGIC.get(path.suffix, b"")
    with path.open("rb") as opened:
        begins_well = opened.read(len(magic)) == magic
    if not begins_well:
        raise FormatForbidden(f"{file.path} does not begin like a {Path(file.path).suffix} file")
    if path.suffix in SUFFIXES and (fault := archive_fault(path)):
        raise FormatForbidden(f"{file.path} {fault}")


def _read_manifest(folder: Path) -> bytes:
    path = folder / MANIFEST
    if path.is_symlink():
        raise PathUnsafe(f"{MANIFEST} is a link")
    try:
        return path.read_bytes()
    except OSError as error:
        raise ManifestInvalid(f"{path} cannot be read: {error.strerror}") from error


def _check_names(folder: Path, listed: set[str]) -> None:
    present = set()
    for root, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(root, name)
            relative = path.relative_to(folder).as_posix()
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise PathUnsafe(f"{relative} is a link or a special file")
            if name in files:
                present.add(relative)
    for unlisted in sorted(present - listed):
        check_path(unlisted)
        raise FileUnlisted(f"{unlisted} is not in the manifest")
    if missing := sorted(listed - present):
        raise FileMissing(f"{missing[0]} is in the manifest but not in {folder}")
