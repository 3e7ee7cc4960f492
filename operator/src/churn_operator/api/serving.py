"""spec.serving: placement, replicas and resources of the servers, and of the members where these run by themselves."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import ShortDuration, lasts
from churn_operator.api.resources import ComputeResources, one_core
from churn_operator.api.state import State

_ONE_CORE = one_core("a pod serves on one core, and more load needs more pods (replicas or autoscaling)")

_TARGET = "quantity(self.resources.cpu).asApproximateFloat() * double(self.autoscaling.cpuUtilization)"
_MOST = "(has(self.resources.cpuLimit) ? quantity(self.resources.cpuLimit).asApproximateFloat() : 1.0)"
HPA_CAN_ACT = (
    f"!has(self.autoscaling) || ({_TARGET} <= 90.0 && {_TARGET} <= 90.0 * {_MOST})",
    "the autoscaler could never act, which it does at a tenth above its target: cpuUtilization percent of "
    "resources.cpu must be at most 0.9 cores, and at most 0.9 of cpuLimit",
)
"""A server that has all it can use, one core or its limit, must be above the target by the HPA's tolerance of 0.1."""


class Placement(StrEnum):
    """Where the members of an ensemble run."""

    COLOCATED = "Colocated"  # all members in every serving pod
    DISTRIBUTED = "Distributed"  # one Deployment per member, asked by the serving pods


class Autoscaling(ApiModel):
    """Bounds and target of the HorizontalPodAutoscaler."""

    rules: ClassVar[list[Rule]] = [
        ("self.minReplicas <= self.maxReplicas", "minReplicas must not be above maxReplicas"),
    ]

    min_replicas: int = Field(default=2, ge=1, le=1000, description="Fewest serving pods.")
    max_replicas: int = Field(default=4, ge=1, le=1000, description="Most serving pods.")
    cpu_utilization: int = Field(
        default=70,
        ge=1,
        le=100,
        description="CPU of the server container, in percent of its request, to hold: at most 0.9 cores and 0.9 of "
        "cpuLimit, or it could never be passed.",
    )


class Members(ApiModel):
    """How the members of a distributed ensemble run, and how long it waits for them."""

    rules: ClassVar[list[Rule]] = [
        (
            lasts("deadline", "10ms", "30s"),
            "deadline must be from 10ms to 30s",
        ),
        _ONE_CORE,
    ]

    deadline: ShortDuration = Field(
        default="250ms",
        description="How long a request waits for each member, such as 250ms or 1s. A member that misses it counts as "
        "missing from that answer.",
    )
    quorum: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None,
        description="How many members must answer. With fewer than all, the answer says which are missing "
        "(parameter degraded); with fewer than the quorum, it is 503. Default: all. A stack always needs all.",
    )
    replicas: int = Field(default=1, ge=1, le=1000, description="Pods of each member.")
    resources: ComputeResources = Field(
        default=ComputeResources(cpu="250m", memory="512Mi"), description="CPU and memory of each member's container."
    )


class Serving(ApiModel):
    """How the model is served."""

    rules: ClassVar[list[Rule]] = [
        ("!(has(self.replicas) && has(self.autoscaling))", "set either replicas or autoscaling, not both"),
        ("!has(self.members) || self.placement == 'Distributed'", "members is for placement Distributed alone"),
        _ONE_CORE,
        HPA_CAN_ACT,
    ]

    placement: Placement = Field(
        default=Placement.COLOCATED,
        description="Colocated: every pod holds all members of the ensemble. Distributed: each member has a Deployment "
        "of its own, and the serving pods ask them for every request: slower and larger, but members scale, and fail, "
        "apart from one another.",
    )
    replicas: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="A fixed number of pods. Without it and without autoscaling: 2."
    )
    autoscaling: Autoscaling | None = Field(default=None, description="Scale the pods by CPU instead.")
    resources: ComputeResources = Field(
        default=ComputeResources(),
        description="CPU and memory of the server container. One pod serves on one core: cpu is at most 1, and more "
        "load needs more pods.",
    )
    strict: bool = Field(
        default=False,
        description="Whether a request with a category that training has not seen, or with a code in a matrix that no "
        "category has, is refused with 400. Otherwise it is scored as missing, told in the answer, and counted.",
    )
    state: State | None = Field(
        default=None,
        description="State store of features of kind stream: requests may then name customers in place of these "
        "features. A version whose schema has none is not served with it.",
    )
    members: Members | None = Field(
        default=None, description="Deadline, quorum, replicas and resources of the members of placement Distributed."
    )
