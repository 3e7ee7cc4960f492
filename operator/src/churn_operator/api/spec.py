"""ChurnModel.spec: what a user asks for. Descriptions here are what `kubectl explain` shows.

`rules` of a class become CEL rules of its schema (`crd.py`); bounds of a field become OpenAPI bounds.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.pod_options import PodOptions, Rule
from churn_operator.names import MLFLOW_SECRET, MLFLOW_TRAINING_SECRET

DNS_LABEL = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$"

Name = Annotated[str, StringConstraints(pattern=DNS_LABEL, min_length=1, max_length=63)]
Quantity = Annotated[str, StringConstraints(pattern=QUANTITY, max_length=20)]
Duration = Annotated[str, StringConstraints(pattern=r"^[0-9]+(s|m|h)$", max_length=10)]
ShortDuration = Annotated[str, StringConstraints(pattern=r"^[0-9]+(ms|s)$", max_length=10)]


_OPTION = r"(sslmode|require_auth)=[a-z0-9,!-]+"
POSTGRESQL_ADDRESS = (
    r"^postgres(ql)?://([^@/?#:]*@)?([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?/[^/?#]+/[^/?#]+"
    rf"([?]{_OPTION}(&{_OPTION})*)?$"
)
"""One host, plainly written: what the list of hosts that may be given credentials is compared with."""

OWN_SECRETS = ", ".join(f"'{name}'" for name in (MLFLOW_SECRET, MLFLOW_TRAINING_SECRET))


def _between(field: str, least: str, most: str) -> str:
    quantity = f"quantity(self.{field})"
    return f"{quantity}.compareTo(quantity('{least}')) >= 0 && {quantity}.compareTo(quantity('{most}')) <= 0"


ONE_CORE = (
    "quantity(self.resources.cpu).compareTo(quantity('1')) <= 0",
    "resources.cpu must be at most 1: a pod serves on one core, and more load needs more pods (replicas or "
    "autoscaling)",
)

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


class Strategy(StrEnum):
    """How a new version takes over."""

    DIRECT = "Direct"  # a rolling update: old pods answer until the new ones are ready
    CANARY = "Canary"  # a growing share of requests, promoted by evidence
    SHADOW = "Shadow"  # scores every request beside the stable version, answers none


class ModelSource(ApiModel):
    """Which registered model to serve."""

    rules: ClassVar[list[Rule]] = [
        ("!(has(self.alias) && has(self.version))", "name either an alias or a version, not both"),
        ("self.name == oldSelf.name", "the registered model of a ChurnModel cannot change; create another ChurnModel"),
    ]

    name: Name = Field(description="Name of the registered model in MLflow. Cannot change.")
    alias: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][a-zA-Z0-9_-]*$", max_length=63)] | None = Field(
        default=None,
        description="Alias to follow: when it moves in MLflow, the new version is rolled out. "
        "Default: champion; while a model has none, its first challenger becomes champion once it is ready.",
    )
    version: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*$", max_length=9)] | None = Field(
        default=None, description='One fixed version instead of an alias, such as "7".'
    )
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$", max_length=71)] | None = Field(
        default=None, description="Digest that the version's manifest.json must have; another one is rejected."
    )


class ComputeResources(ApiModel):
    """CPU and memory of one container, as Kubernetes quantities."""

    rules: ClassVar[list[Rule]] = [
        (_between("cpu", "10m", "256"), "cpu must be from 10m to 256 (cores)"),
        (_between("memory", "64Mi", "4Ti"), "memory must be from 64Mi to 4Ti"),
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


class EnsembleConfigMap(ApiModel):
    """A ConfigMap with schema.yaml and ensemble.yaml, in the ChurnModel's namespace."""

    config_map: Name = Field(description="Made by `kubectl create configmap NAME --from-file models/mine`.")


class SslMode(StrEnum):
    """libpq's sslmode: how much of TLS a database connection insists on."""

    DISABLE = "disable"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class RequireAuth(StrEnum):
    """libpq's require_auth: the only way in which a password may be given to the server."""

    SCRAM_SHA_256 = "scram-sha-256"  # the server never sees it
    MD5 = "md5"
    PASSWORD = "password"  # in clear text


class Training(ApiModel):
    """How to make the first version when the model has none: one Job per content of this field."""

    dataset: Annotated[
        str, StringConstraints(pattern=r"^(postgres(ql)?://[^/]+/[^/]+/[^/]+|.+\.(csv|parquet))$", max_length=1024)
    ] = Field(
        description="postgresql://host/database/table, or a .csv or .parquet file in the training image. "
        "No password in it: see credentialsSecret."
    )
    ensemble: Name | EnsembleConfigMap = Field(
        description="A folder of models/ in the training image, such as telco, or {configMap: NAME}: a ConfigMap with "
        "schema.yaml and ensemble.yaml, as `kubectl create configmap NAME --from-file models/mine` makes it."
    )
    credentials_secret: Name | None = Field(
        default=None, description="Secret with username and password for the database, in the ChurnModel's namespace."
    )
    ssl_mode: SslMode = Field(
        default=SslMode.PREFER, description="How the database is asked: libpq's sslmode, unless the address has one."
    )
    require_auth: RequireAuth = Field(
        default=RequireAuth.SCRAM_SHA_256,
        description="How the password may be given: libpq's require_auth, unless the address has one. With "
        "scram-sha-256 a server that is not the right one learns no password.",
    )
    seed: int = Field(default=0, ge=0, le=2147483647, description="Seed of the split and of every learner.")
    resources: ComputeResources = Field(
        default=ComputeResources(cpu="1", memory="2Gi"), description="CPU and memory of the training Job."
    )
    scratch: Quantity = Field(
        default="4Gi",
        description="Most that the Job may keep on the node's disk: the bundle that it writes, above all.",
    )
    deadline: Duration = Field(
        default="6h", description="How long the Job may take, retries included, before it has failed."
    )

    rules: ClassVar[list[Rule]] = [
        (
            "!self.dataset.matches('^postgres(ql)?://[^/]*:[^/]*@')",
            "put the database password into a Secret and name it in credentialsSecret",
        ),
        (
            f"!self.dataset.startsWith('postgres') || self.dataset.matches('{POSTGRESQL_ADDRESS}')",
            "a database is postgresql://[user@]host[:port]/database/table, with sslmode and require_auth as its only "
            "options",
        ),
        (
            f"!has(self.credentialsSecret) || !(self.credentialsSecret in [{OWN_SECRETS}])",
            "this Secret is ChurnServe's own and no database's",
        ),
        (_between("scratch", "64Mi", "1Ti"), "scratch must be from 64Mi to 1Ti"),
        (
            "duration(self.deadline) >= duration('1m') && duration(self.deadline) <= duration('168h')",
            "deadline must be from 1m to 168h",
        ),
    ]


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
            "duration(self.deadline) >= duration('10ms') && duration(self.deadline) <= duration('30s')",
            "deadline must be from 10ms to 30s",
        ),
        ONE_CORE,
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
        ONE_CORE,
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
    members: Members | None = Field(
        default=None, description="Deadline, quorum, replicas and resources of the members of placement Distributed."
    )


class Rollout(ApiModel):
    """How a new version takes over from the one that answers."""

    rules: ClassVar[list[Rule]] = [
        ("self.strategy == 'Direct'", "strategies Canary and Shadow are not available yet; use Direct"),
        # The Deployment's own deadline counts seconds in 32 bits and must be longer than its minReadySeconds.
        (
            "duration(self.progressDeadline) >= duration('10s') && duration(self.progressDeadline) <= duration('24h')",
            "progressDeadline must be from 10s to 24h",
        ),
    ]

    strategy: Strategy = Field(
        default=Strategy.DIRECT,
        description="Direct: a rolling update without unavailable pods. The old version answers until every new pod "
        "has verified its bundle and reproduced training's scores; a version that cannot is rejected, and the old one "
        "stays.",
    )
    progress_deadline: Duration = Field(
        default="5m",
        description="How long a new version may take to get ready before it is rejected, such as 90s or 5m.",
    )
    retry: Annotated[str, StringConstraints(min_length=1, max_length=63)] | None = Field(
        default=None,
        description="Any word. A rejected version is tried again when this word is another one than at its rejection.",
    )


class ChurnModelSpec(ApiModel):
    """What to serve and how."""

    rules: ClassVar[list[Rule]] = [
        (
            "!has(self.training) || (!has(self.model.version) && (!has(self.model.alias) || self.model.alias == "
            "'champion'))",
            "training makes the first version of the alias champion; with another alias or a version, leave it out",
        ),
    ]

    model: ModelSource = Field(description="Which registered model to serve.")
    training: Training | None = Field(
        default=None, description="How to train the first version when the model has none. Without it, wait for one."
    )
    serving: Serving = Field(default=Serving(), description="Replicas, resources and placement of the servers.")
    pod: PodOptions | None = Field(
        default=None,
        description="Scheduling, labels, environment and the like of every pod of the model, training Jobs too. What "
        "it does not say is as the operator's defaults have it.",
    )
    rollout: Rollout = Field(default=Rollout(), description="How a new version takes over.")
    paused: bool = Field(
        default=False, description="Hold everything as it is: keep serving, but roll nothing out and train nothing."
    )
