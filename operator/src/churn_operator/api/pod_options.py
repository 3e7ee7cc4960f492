"""spec.pod: what a platform asks of every pod of a model, a short list on purpose.

No volumes, containers and security context: those are what the pods are proved with. The same type holds the operator's
defaults for all models (settings.py). `children/pod_options.py` puts them into pods.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel

Rule = tuple[str, str]
"""A CEL expression and the message that a user reads when it is false."""

_OBJECT_NAME = r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"
_KEY = r"^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"

ObjectName = Annotated[str, StringConstraints(pattern=_OBJECT_NAME, min_length=1, max_length=253)]
Key = Annotated[str, StringConstraints(pattern=_KEY, min_length=1, max_length=316)]
LabelValue = Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$", max_length=63)]
Text = Annotated[str, StringConstraints(max_length=4096)]

RESERVED_VARIABLES = ("CHURN_", "MLFLOW_", "PG")
"""Beginnings of the environment variables that are ours: by them a pod finds MLflow and its database."""

_OWN_VARIABLES = ("HOME", "JOB_COMPLETION_INDEX", "LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES")
"""HOME is ours, and the index, by which pods share a table, the Job's; the others would lead a host
name, and the credentials sent to it, somewhere else."""

_RESERVED_KEYS = ("churnserve.dev/", "app.kubernetes.io/")
"""Beginnings of the labels and annotations by which Services and policies know our pods."""

_OURS = "labels and annotations of churnserve.dev and app.kubernetes.io are the operator's own"


def _not_ours(field: str) -> str:
    own = " || ".join(f"k.startsWith('{prefix}')" for prefix in _RESERVED_KEYS)
    return f"!has(self.{field}) || self.{field}.all(k, !({own}))"


def _free_variables() -> str:
    begins = " || ".join(f"self.name.startsWith('{prefix}')" for prefix in RESERVED_VARIABLES)
    names = ", ".join(f"'{name}'" for name in _OWN_VARIABLES)
    return f"!({begins}) && !(self.name in [{names}])"


class TaintEffect(StrEnum):
    """Which taints a toleration is about."""

    NO_SCHEDULE = "NoSchedule"
    PREFER_NO_SCHEDULE = "PreferNoSchedule"
    NO_EXECUTE = "NoExecute"


class TolerationOperator(StrEnum):
    """How a toleration compares."""

    EXISTS = "Exists"
    EQUAL = "Equal"


class UnsatisfiableSpread(StrEnum):
    """What the scheduler does when a pod would break the spread."""

    DO_NOT_SCHEDULE = "DoNotSchedule"
    SCHEDULE_ANYWAY = "ScheduleAnyway"


class Toleration(ApiModel):
    """One toleration, as in a pod."""

    rules: ClassVar[list[Rule]] = [
        ("has(self.key) || self.operator == 'Exists'", "a toleration without a key needs operator Exists"),
        ("!(has(self.value) && self.operator == 'Exists')", "a toleration with operator Exists has no value"),
    ]

    key: Key | None = Field(default=None, description="Key of the taint; without it, every taint.")
    operator: TolerationOperator = Field(default=TolerationOperator.EQUAL, description="Exists or Equal.")
    value: LabelValue | None = Field(default=None, description="Value of the taint, for Equal.")
    effect: TaintEffect | None = Field(default=None, description="Effect of the taint; without it, every effect.")
    toleration_seconds: Annotated[int, Field(ge=0, le=2147483647)] | None = Field(
        default=None, description="For NoExecute: how long a pod stays."
    )


class Affinity(ApiModel):
    """Affinity, as in a pod; the API server checks its parts when the pods' Deployment is written."""

    node_affinity: dict[str, Any] | None = Field(default=None, description="Which nodes.")
    pod_affinity: dict[str, Any] | None = Field(default=None, description="Beside which pods.")
    pod_anti_affinity: dict[str, Any] | None = Field(default=None, description="Away from which pods.")


class TopologySpread(ApiModel):
    """How far pods spread. What is counted are always the pods of one Deployment: no labelSelector is given."""

    max_skew: int = Field(default=1, ge=1, le=1000, description="Most pods more than in the emptiest domain.")
    topology_key: Key = Field(description="Label of nodes that makes a domain, such as topology.kubernetes.io/zone.")
    when_unsatisfiable: UnsatisfiableSpread = Field(
        default=UnsatisfiableSpread.SCHEDULE_ANYWAY, description="DoNotSchedule or ScheduleAnyway."
    )


class PullSecret(ApiModel):
    """A Secret for a private registry."""

    name: ObjectName = Field(description="A Secret of type dockerconfigjson in the ChurnModel's namespace.")


class Variable(ApiModel):
    """One environment variable."""

    rules: ClassVar[list[Rule]] = [
        (
            _free_variables(),
            "HOME, JOB_COMPLETION_INDEX, the resolver's variables and those that begin with CHURN_, MLFLOW_ or PG are "
            "the operator's own",
        ),
    ]

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", min_length=1, max_length=128)] = Field(
        description="Name, such as HTTPS_PROXY."
    )
    value: Text = Field(default="", description="Value. For many, or for those that change, see envFrom.")


class ConfigMapName(ApiModel):
    """A ConfigMap by its name."""

    name: ObjectName = Field(description="A ConfigMap in the ChurnModel's namespace.")


class VariablesFrom(ApiModel):
    """Every key of a ConfigMap as an environment variable; Secrets are not read."""

    config_map_ref: ConfigMapName = Field(description="Which ConfigMap.")


class PodOptions(ApiModel):
    """What every pod of the model gets: serving, members, training, batch."""

    rules: ClassVar[list[Rule]] = [(_not_ours("labels"), _OURS), (_not_ours("annotations"), _OURS)]

    node_selector: Annotated[dict[str, LabelValue], Field(max_length=32)] | None = Field(
        default=None, description="Labels that a node must have."
    )
    tolerations: Annotated[list[Toleration], Field(max_length=16)] | None = Field(
        default=None, description="Taints that the pods bear."
    )
    affinity: Affinity | None = Field(default=None, description="Affinity to nodes and pods.")
    topology_spread_constraints: Annotated[list[TopologySpread], Field(max_length=8)] | None = Field(
        default=None, description="How the pods of a Deployment spread. Default: over the nodes, where they can."
    )
    priority_class_name: ObjectName | None = Field(default=None, description="PriorityClass of the pods.")
    runtime_class_name: ObjectName | None = Field(default=None, description="RuntimeClass of the pods.")
    service_account_name: ObjectName | None = Field(
        default=None,
        description="ServiceAccount of the pods, such as one with a workload identity. No token is mounted. "
        "Default: one of the ChurnModel's own, without rights.",
    )
    image_pull_secrets: Annotated[list[PullSecret], Field(max_length=8)] | None = Field(
        default=None, description="Secrets for private registries."
    )
    labels: Annotated[dict[str, LabelValue], Field(max_length=32)] | None = Field(
        default=None, description="More labels of the pods."
    )
    annotations: Annotated[dict[str, Text], Field(max_length=32)] | None = Field(
        default=None, description="More annotations of the pods."
    )
    env: Annotated[list[Variable], Field(max_length=32)] | None = Field(
        default=None, description="More environment variables of every container."
    )
    env_from: Annotated[list[VariablesFrom], Field(max_length=8)] | None = Field(
        default=None,
        description="ConfigMaps as environment variables of every container, except in pods with credentials for a "
        "database, brokers or a state store: what a ConfigMap holds cannot be checked.",
    )


def with_known_variables(options: PodOptions) -> PodOptions:
    """For pods with credentials: a ConfigMap's variables could lead these to another host."""
    return options.model_copy(update={"env_from": None})


def reserved_names(options: PodOptions) -> list[str]:
    """Names in it that are the operator's own, for options that no API server has checked by the rules above."""
    keys = [*(options.labels or {}), *(options.annotations or {})]
    variables = [variable.name for variable in options.env or []]
    return [
        *(key for key in keys if key.startswith(_RESERVED_KEYS)),
        *(name for name in variables if name in _OWN_VARIABLES or name.startswith(RESERVED_VARIABLES)),
    ]


def merged(defaults: PodOptions, wanted: PodOptions | None) -> PodOptions:
    """What the ChurnModel asks for, over the operator's defaults: a field replaces, a map or `env` is joined by key."""
    if wanted is None:
        return defaults
    chosen = {name: getattr(wanted, name) for name in wanted.model_fields_set if getattr(wanted, name) is not None}
    for name in ("node_selector", "labels", "annotations"):
        if joined := {**(getattr(defaults, name) or {}), **(getattr(wanted, name) or {})}:
            chosen[name] = joined
    if variables := {each.name: each for each in [*(defaults.env or []), *(wanted.env or [])]}:
        chosen["env"] = list(variables.values())
    return defaults.model_copy(update=chosen)
