"""What differs between installations: `configuration` reads it once, from the file that a ConfigMap mounts."""

from typing import Annotated

from pydantic import Field, field_validator

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import ObjectName, PodOptions, reserved_names


class Installation(ApiModel):
    """Defaults for all models, and what the cluster is like. manifests/operator/installation.yaml shows every field."""

    pod: PodOptions = PodOptions()
    """What every pod gets where its ChurnModel's spec.pod says nothing else."""
    run_as_user: Annotated[int, Field(ge=1)] | None = 65532
    """User and group of every pod; None where the cluster chooses them (OpenShift)."""
    dns_port: Annotated[int, Field(ge=1, le=65535)] = 53
    """Port that the DNS pods listen on, which NetworkPolicies mean (OpenShift: 5353)."""
    mlflow_pod_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Port that MLflow's pods listen on, where it is another than MLFLOW_TRACKING_URI names."""
    retraining_priority: ObjectName | None = None
    """PriorityClass of the Jobs that evidence asks for, and of searches: they may wait, what serves may not."""
    credential_hosts: tuple[str, ...] = ()
    """Databases, brokers and state stores that pods may send credentials to: names, or patterns like *.crm.example."""

    @field_validator("pod")
    @classmethod
    def _leaves_ours_alone(cls, pod: PodOptions) -> PodOptions:
        """The API server checks this in spec.pod; nobody else does in a file."""
        if found := reserved_names(pod):
            raise ValueError(f"these names are the operator's own: {', '.join(found)}")
        return pod
