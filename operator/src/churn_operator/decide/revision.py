"""A revision: one bundle with one serving configuration, named by a hash of both."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from churn_operator.api.spec import ComputeResources
from churn_operator.decide.fan_out import FanOut

_LENGTH = 10


@dataclass(frozen=True)
class Revision:
    """What a serving pod runs; the replicas are not part of it, so scaling rolls nothing out."""

    model: str
    version: str
    digest: str
    image: str
    resources: ComputeResources
    members: tuple[str, ...] = ()
    """Names of the bundle's members; none in records from before they were kept."""
    fan_out: FanOut | None = None
    """Set where the placement is Distributed."""

    @property
    def identifier(self) -> str:
        """The hash that names it."""
        return fingerprint(self.to_data())

    def to_data(self) -> dict[str, Any]:
        """What a ControllerRevision keeps."""
        data = {
            "model": self.model,
            "version": self.version,
            "digest": self.digest,
            "image": self.image,
            "resources": self.resources.model_dump(by_alias=True),
        }
        # Left out where there is none, so that the hash of an older record stays its name.
        if self.members:
            data["members"] = list(self.members)
        if self.fan_out:
            data["fanOut"] = self.fan_out.to_data()
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Revision":
        """Read a ControllerRevision's data."""
        return cls(
            model=data["model"],
            version=data["version"],
            digest=data["digest"],
            image=data["image"],
            resources=ComputeResources.model_validate(data["resources"]),
            members=tuple(data.get("members", ())),
            fan_out=FanOut.from_data(data["fanOut"]) if "fanOut" in data else None,
        )


def fingerprint(value: Any) -> str:
    """A short hash of JSON-like data, the same for the same data."""
    content = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()[:_LENGTH]
