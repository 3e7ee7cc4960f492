"""Short hashes that name revisions and Jobs: the same for the same data, whatever the order of its fields."""

import hashlib
import json
from typing import Any

_LENGTH = 10


def fingerprint(value: Any) -> str:
    """Ten hexadecimal digits of the data's SHA-256."""
    content = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()[:_LENGTH]
