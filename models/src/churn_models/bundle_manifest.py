"""manifest.json: what a bundle holds. The digest of its bytes is the model's identity everywhere.

Training writes it once; the registry client, the runtimes and the operator read it.
"""

import json
import re
from pathlib import PurePosixPath
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from churn_models.combine import CombineRule
from churn_models.digest import Digest
from churn_models.ensemble_spec import NAME_PATTERN
from churn_models.errors import FormatForbidden, FormatOutdated, ManifestInvalid, PathUnsafe
from churn_models.frozen_model import FrozenModel, describe
from churn_models.member_kind import MemberKind

MANIFEST = "manifest.json"
SCHEMA = "schema.json"
REFERENCE = "reference.json"
REFERENCE_SAMPLE = "reference_sample.npy"
GOLDEN = "golden.jsonl"
EVALUATION = "evaluation.json"
HOLDOUT = "holdout.npz"
COMPARISON = "comparison.json"

FORMAT: Literal[2] = 2
FIXED_FILES = frozenset({SCHEMA, REFERENCE, REFERENCE_SAMPLE, GOLDEN, EVALUATION, HOLDOUT})
"""In every bundle, beside the members."""
_OPTIONAL_FILES = frozenset({COMPARISON})
_NAMED_FILES = FIXED_FILES | _OPTIONAL_FILES
_MEMBER_FILE = re.compile(r"members/[a-z0-9-]+/model\.(skops|ubj|txt|cbm)")
LARGEST_MANIFEST = 1 << 20
"""Bytes; more is neither fetched nor parsed."""


class DatasetIdentity(FrozenModel):
    """The rows that training saw; the digest covers their canonical form, whatever file or table held them."""

    name: str
    rows: int = Field(gt=0)
    sha256: Digest
    data_from: str | None = None
    """The oldest time of the rows that were used, ISO 8601 or the column's number; None where the schema has none."""
    data_to: str | None = None


class ManifestMember(FrozenModel):
    """One member; `weight` is its coefficient where the rule is `stack`."""

    name: str = Field(pattern=NAME_PATTERN)
    kind: MemberKind
    path: str
    weight: float


class ManifestFile(FrozenModel):
    """One file of the bundle, beside the manifest itself."""

    path: str
    sha256: Digest
    size: int = Field(ge=0)

    @field_validator("path")
    @classmethod
    def _is_allowed(cls, path: str) -> str:
        check_path(path)
        return path


class BundleManifest(FrozenModel):
    """Everything a bundle holds, with digests."""

    format_version: Literal[2] = FORMAT
    model: str = Field(pattern=NAME_PATTERN)
    training_id: str = Field(pattern=r"^[0-9a-f]{64}$")
    dataset: DatasetIdentity
    libraries: dict[str, str]
    members: tuple[ManifestMember, ...] = Field(min_length=1)
    combine: CombineRule
    intercept: float = 0.0
    threshold: float | None = Field(default=None, gt=0, lt=1)
    """P(churn) from which the decision is churn; None in bundles that were written before there was one."""
    files: tuple[ManifestFile, ...]

    @model_validator(mode="after")
    def _lists_what_it_names(self) -> Self:
        paths = [file.path for file in self.files]
        if len(set(paths)) != len(paths):
            raise ValueError("a file is listed twice")
        names = [member.name for member in self.members]
        if len(set(names)) != len(names):
            raise ValueError("two members have the same name")
        needed = {*FIXED_FILES, *(member.path for member in self.members)}
        if disagreed := needed ^ (set(paths) - _OPTIONAL_FILES):
            raise ValueError(f"files and members disagree on {', '.join(sorted(disagreed))}")
        for member in self.members:
            if member.path != f"members/{member.name}/{member.kind.file_name}":
                raise ValueError(f"member {member.name} of kind {member.kind} cannot be kept in {member.path}")
        return self

    def to_bytes(self) -> bytes:
        """The bytes of manifest.json, the same for the same content."""
        return self.model_dump_json(indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read manifest.json. Raises ManifestInvalid (FormatOutdated), PathUnsafe or FormatForbidden."""
        if len(content) > LARGEST_MANIFEST:
            raise ManifestInvalid(f"{MANIFEST} is larger than {LARGEST_MANIFEST} bytes")
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            _refuse_older_format(content)
            raise ManifestInvalid(f"{MANIFEST}: {describe(error)}") from error


def _refuse_older_format(content: bytes) -> None:
    try:
        found = json.loads(content)["format_version"]
    except (ValueError, KeyError, TypeError):
        return
    if isinstance(found, int) and 0 < found < FORMAT:
        raise FormatOutdated(
            f"the bundle has format {found}, this version of ChurnServe reads format {FORMAT}: train the model again"
        )


def check_path(path: str) -> None:
    """Refuse a path that leaves the bundle (PathUnsafe) or is none of the bundle's files (FormatForbidden)."""
    parts = PurePosixPath(path).parts
    if not path or "\\" in path or "\0" in path or path.startswith("/") or ".." in parts:
        raise PathUnsafe(f"{path!r} would leave the bundle")
    if path not in _NAMED_FILES and not _MEMBER_FILE.fullmatch(path):
        raise FormatForbidden(f"{path!r} is not a file of a bundle; members are skops, ubj, txt or cbm")
