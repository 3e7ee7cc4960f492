"""SHA-256 as it is written everywhere: `sha256:` and 64 hexadecimal digits."""

import hashlib
from typing import Annotated

from pydantic import Field

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


def digest_of(content: bytes) -> Digest:
    """The digest of these bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
