"""CPU and memory of a container; serving, training and batch each have some."""

from typing import ClassVar

from pydantic import Field

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Quantity, between


def one_core(why: str) -> Rule:
    """For containers that work on one core, whatever they are given."""
    return ("quantity(self.resources.cpu).compareTo(quantity('1')) <= 0", f"resources.cpu must be at most 1: {why}")


class ComputeResources(ApiModel):
    """CPU and memory of one container, as Kubernetes quantities."""

    rules: ClassVar[list[Rule]] = [
        (between("cpu", "10m", "256"), "cpu must be from 10m to 256 (cores)"),
        (between("memory", "64Mi", "4Ti"), "memory must be from 64Mi to 4Ti"),
        (
            "!has(self.cpuLimit) || quantity(self.cpuLimit).compareTo(quantity(self.cpu)) >= 0",
            "cpuLimit must not be below cpu",
        ),
    ]

    cpu: Quantity = Field(default="500m", description="CPU request.")
    cpu_limit: Quantity | None = Field(
        default=None,
        description="CPU limit, for namespaces whose quota asks for one. Without it idle CPU can be used.",
    )
    memory: Quantity = Field(default="1Gi", description="Memory request and limit.")
