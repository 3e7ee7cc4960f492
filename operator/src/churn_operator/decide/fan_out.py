"""How a distributed ensemble asks its members: the part of a serving configuration that only it has."""

from dataclasses import dataclass
from typing import Any

from churn_operator.api.spec import ComputeResources, Members


@dataclass(frozen=True)
class FanOut:
    """Deadline and quorum as in the spec; the members' replicas are not part of it, as the ensemble's are not."""

    deadline: str
    quorum: int | None
    resources: ComputeResources

    @classmethod
    def from_spec(cls, members: Members) -> "FanOut":
        """The part of spec.serving.members that belongs to a revision."""
        return cls(members.deadline, members.quorum, members.resources)

    def to_data(self) -> dict[str, Any]:
        """As a ControllerRevision keeps it."""
        resources = self.resources.model_dump(by_alias=True)
        return {"deadline": self.deadline, "quorum": self.quorum, "resources": resources}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "FanOut":
        """Read what `to_data` wrote."""
        return cls(data["deadline"], data["quorum"], ComputeResources.model_validate(data["resources"]))
