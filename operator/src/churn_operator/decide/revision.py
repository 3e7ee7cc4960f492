"""A revision: one bundle with one serving configuration, named by a hash of both."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from churn_operator.api.spec import ComputeResources

_LENGTH = 10


@dataclass(frozen=True)
class Revision:
    """What a serving pod runs; the replicas are not part of it, so scaling rolls nothing out."""

    model: str
    version: str
    digest: str
    image: str
    resources: ComputeResources

    @property
    def identifier(self) -> str:
        """The hash that names it."""
        return fingerprint(self.to_data())

    def to_data(self) -> dict[str, Any]:
        """What a ControllerRevision keeps."""
        return {
            "model": self.model,
            "version": self.version,
            "digest": self.digest,
            "image": self.image,
            "resources": self.resources.model_dump(by_alias=True),
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Revision":
        """Read a ControllerRevision's data."""
        return cls(
            model=data["model"],
            version=data["version"],
            digest=data["digest"],
            image=data["image"],
            resources=ComputeResources.model_validate(data["resources"]),
        )


def fingerprint(value: Any) -> str:
    """A short hash of JSON-like data, the same for the same data."""
    content = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()[:_LENGTH]
