"""What serves a bundle: image, resources, pod options, sidecar, predictions, state, and how a distributed one asks.

Specs ask for one, records keep one; two are the same when they say the same, whatever defaults one of them leaves out.
"""

from dataclasses import dataclass, replace
from typing import Any

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import PodOptions, merged, with_known_variables
from churn_operator.api.resources import ComputeResources
from churn_operator.api.serving import Members, Placement
from churn_operator.api.spec import ChurnModelSpec
from churn_operator.api.state import State
from churn_operator.api.tolerant import read_tolerantly
from churn_operator.observe.sampled_predictions import SampledPredictions
from churn_operator.observe.sidecar import Sidecar


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
        """As a record keeps it."""
        return {"deadline": self.deadline, "quorum": self.quorum, "resources": _dump(self.resources)}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "FanOut":
        """Read what `to_data` of any version wrote."""
        return cls(data["deadline"], data.get("quorum"), read_tolerantly(ComputeResources, data["resources"]))


@dataclass(frozen=True)
class Configuration:
    """Replicas are not part of it, so scaling rolls nothing out."""

    image: str
    resources: ComputeResources
    fan_out: FanOut | None = None
    """Set where the placement is Distributed."""
    pod: PodOptions | None = None
    """Set where spec.pod or the operator's defaults ask for anything."""
    strict: bool = False
    """Whether unseen categories are refused."""
    sidecar: Sidecar | None = None
    """Set where the spec asks for drift; no pod of placement Distributed has one."""
    predictions: SampledPredictions | None = None
    """Set where the spec has pods post predictions; those of placement Distributed do not."""
    state: State | None = None
    """The state store whose features of the stream servers read."""

    @classmethod
    def from_spec(
        cls,
        spec: ChurnModelSpec,
        image: str,
        defaults: PodOptions,
        drift_image: str = "",
        labels_url: str | None = None,
    ) -> "Configuration":
        """What a spec asks for, in these images, with the operator's defaults, beside this labels' process."""
        serving = spec.serving
        distributed = serving.placement is Placement.DISTRIBUTED
        fan_out = FanOut.from_spec(serving.members or Members()) if distributed else None
        pod = merged(defaults, spec.pod)
        sidecar = Sidecar.from_spec(spec.drift, drift_image) if spec.drift and not distributed else None
        predictions = None if distributed else SampledPredictions.from_spec(spec, labels_url)
        options = pod if _dump(pod) else None
        return cls(image, serving.resources, fan_out, options, serving.strict, sidecar, predictions, serving.state)

    @property
    def pod_options(self) -> PodOptions:
        """Of pods that serve."""
        options = self.pod or PodOptions()
        return with_known_variables(options) if self.state and self.state.credentials_secret else options

    def differs_by_installation(self, present: "Configuration", own: PodOptions | None) -> bool:
        """Whether only what the operator is told differs: images, addresses, or pod options that all ChurnModels get.

        `own` is spec.pod. Where what is present lacks any of it, its user asks for the change.
        """
        if self == present or self._as_installed_for(present) != present:
            return False
        options = present.pod or PodOptions()
        return _dump(merged(options, own)) == _dump(options)

    def _as_installed_for(self, present: "Configuration") -> "Configuration":
        sidecar = self.sidecar
        if sidecar and present.sidecar:
            sidecar = replace(sidecar, image=present.sidecar.image)
        predictions = self.predictions
        if predictions and present.predictions:
            predictions = replace(predictions, url=present.predictions.url)
        return replace(self, image=present.image, pod=present.pod, sidecar=sidecar, predictions=predictions)

    def to_data(self) -> dict[str, Any]:
        """As a record keeps it. What is not set is left out, so that a new option renames no revision."""
        data: dict[str, Any] = {"image": self.image, "resources": _dump(self.resources)}
        data |= {"fanOut": self.fan_out.to_data()} if self.fan_out else {}
        data |= {"pod": _dump(self.pod)} if self.pod else {}
        data |= {"strict": True} if self.strict else {}
        data |= {"drift": self.sidecar.to_data()} if self.sidecar else {}
        data |= {"predictions": self.predictions.to_data()} if self.predictions else {}
        return data | (_state_data(self.state) if self.state else {})

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Configuration":
        """Read what `to_data` of any version wrote. Raises KeyError or ValidationError where it is none."""
        fan_out = FanOut.from_data(data["fanOut"]) if data.get("fanOut") else None
        pod = read_tolerantly(PodOptions, data["pod"]) if data.get("pod") else None
        resources = read_tolerantly(ComputeResources, data["resources"])
        sidecar = Sidecar.from_data(data["drift"]) if data.get("drift") else None
        predictions = SampledPredictions.from_data(data["predictions"]) if data.get("predictions") else None
        state = _state(data) if data.get("state") else None
        return cls(data["image"], resources, fan_out, pod, data.get("strict") is True, sidecar, predictions, state)


def _state_data(state: State) -> dict[str, Any]:
    """Records of stores without credentials are from before there were any."""
    return {"state": state.url} | ({"stateCredentials": state.credentials_secret} if state.credentials_secret else {})


def _state(data: dict[str, Any]) -> State:
    return read_tolerantly(State, {"url": data["state"], "credentialsSecret": data.get("stateCredentials")})


def _dump(part: ApiModel) -> dict[str, Any]:
    return part.model_dump(mode="json", by_alias=True, exclude_none=True)
