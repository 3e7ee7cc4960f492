"""SHA-256 as it is written everywhere: `sha256:` and 64 hexadecimal digits."""

import hashlib
from pathlib import Path
from typing import Annotated

from pydantic import Field

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


def digest_of_file(path: Path) -> Digest:
    """The digest of a file's bytes, which are never all in memory."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def digest_of(content: bytes) -> Digest:
    """The digest of these bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
