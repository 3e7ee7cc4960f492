"""The drift sidecar of a revision's pods: part of its configuration, because its pods run it.

What judges the counts of all pods (significance, effect, persistence) is the operator's alone and no part of it, so
that changing it rolls no pod.
"""

from dataclasses import dataclass
from typing import Any, Self

from pydantic import ValidationError

from churn_operator.api.drift import Drift, DriftWindow, Engine
from churn_operator.api.resources import ComputeResources
from churn_operator.api.tolerant import read_tolerantly

_MEMORY = {Engine.NATIVE: "160Mi", Engine.ALIBI_DETECT: "300Mi"}


@dataclass(frozen=True)
class Sidecar:
    """What runs in it."""

    engine: Engine
    window: DriftWindow
    """Of the engine's own windows in each pod."""
    resources: ComputeResources
    image: str | None = None
    """None: the serving image, which has the engine."""

    @classmethod
    def from_spec(cls, drift: Drift, drift_image: str) -> Self:
        """What spec.drift asks for; `drift_image` is the operator's, with alibi-detect."""
        image = drift_image if drift.engine is Engine.ALIBI_DETECT else None
        return cls(drift.engine, drift.window, drift.resources or default_resources(drift.engine), image)

    def to_data(self) -> dict[str, Any]:
        """As a record keeps it."""
        window = self.window.model_dump(mode="json", by_alias=True)
        resources = self.resources.model_dump(mode="json", by_alias=True, exclude_none=True)
        data = {"engine": self.engine.value, "window": window, "resources": resources}
        return data | ({"image": self.image} if self.image else {})

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self | None:
        """Read what `to_data` of any version wrote; None where it is not understood, so that the record still is."""
        try:
            return cls(
                engine=Engine(data["engine"]),
                window=read_tolerantly(DriftWindow, data.get("window") or {}),
                resources=read_tolerantly(ComputeResources, data["resources"]),
                image=data.get("image"),
            )
        except (KeyError, TypeError, ValueError, AttributeError, ValidationError):
            return None


def default_resources(engine: Engine) -> ComputeResources:
    """Memory is requested as a whole: a pod that uses more than it has asked for is evicted, server and all."""
    return ComputeResources(cpu="20m", cpu_limit="250m", memory=_MEMORY[engine])
