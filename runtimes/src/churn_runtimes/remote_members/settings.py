"""Where an ensemble's members are and how long it waits for them, as the command line says it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from churn_models.bundle_manifest import BundleManifest
from churn_models.errors import SpecError


@dataclass(frozen=True)
class FanOutSettings:
    """`targets` maps each member's name to the host:port of its V2 gRPC."""

    targets: Mapping[str, str]
    deadline_ms: int
    quorum: int | None
    """How many members must answer; None: all."""

    @classmethod
    def parse(
        cls, manifest: BundleManifest, remote_members: Sequence[str], deadline_ms: int, quorum: int | None
    ) -> "FanOutSettings":
        """Read NAME=HOST:PORT for every member. Raises SpecError when they are not the bundle's members."""
        targets = {}
        for text in remote_members:
            name, _, target = text.partition("=")
            if not target.rpartition(":")[0] or name in targets:
                raise SpecError(f"--remote-member {text} is not NAME=HOST:PORT, or its name is given twice")
            targets[name] = target
        names = [member.name for member in manifest.members]
        if sorted(targets) != sorted(names):
            raise SpecError(f"--remote-member names {', '.join(targets)}; the members are {', '.join(names)}")
        if quorum is not None and quorum > len(names):
            raise SpecError(f"--quorum {quorum} is more than the {len(names)} members")
        return cls(targets, deadline_ms, quorum)

    def to_parameters(self) -> dict[str, Any]:
        """As MLServer's model settings carry it."""
        return asdict(self)

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> "FanOutSettings":
        """Read what `to_parameters` wrote."""
        return cls(parameters["targets"], parameters["deadline_ms"], parameters["quorum"])
