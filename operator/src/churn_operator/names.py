"""Every label, annotation, child name, path and port that the operator writes, one line of meaning each."""

import hashlib
from enum import StrEnum


class Component(StrEnum):
    """What a child is for; NetworkPolicies select pods by it."""

    SERVING = "serving"  # answers users, and what belongs to that
    MEMBER = "member"  # one member of a distributed ensemble
    TRAINING = "training"  # makes a version
    BATCH = "batch"  # scores a table by schedule
    STREAM = "stream"  # scores a Kafka topic
    AUDIT = "audit"  # records what was decided


class Track(StrEnum):
    """Which revision a serving pod is of."""

    STABLE = "stable"  # in the Service: it answers users
    CANDIDATE = "candidate"  # in no Service: it is being tried


GROUP = "churnserve.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

OPERATOR = "churn-operator"
"""`app.kubernetes.io/name` of the operator's own pods."""

FIELD_MANAGER = "churn-operator"
"""Owner of our fields in server-side apply."""

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
"""On every child, always `churn-operator`."""

MODEL_LABEL = f"{GROUP}/model"
"""On every child: the ChurnModel's name."""

TRACK_LABEL = f"{GROUP}/track"
"""On pods: a `Track`."""

REVISION_LABEL = f"{GROUP}/revision"
"""On pods and ControllerRevisions: the revision they run or hold."""

COMPONENT_LABEL = "app.kubernetes.io/component"
"""On every child: a `Component`."""

MEMBER_LABEL = f"{GROUP}/member"
"""On pods, Deployments and Services of a member of a distributed ensemble: the member's name."""

TELLS_LABELS_LABEL = f"{GROUP}/tells-labels"
"""On pods that may reach the labels' process: `true`."""

HASH_ANNOTATION = f"{GROUP}/applied-hash"
"""On every child: the hash of what was applied, so that an unchanged child is not written."""

DIGEST_ANNOTATION = f"{GROUP}/digest"
"""On pods: the bundle digest that they verify before they are ready, or score by."""

VERSION_ANNOTATION = f"{GROUP}/version"
"""On pods that score a table or a topic: the version of that bundle."""

FATE_ANNOTATION = f"{GROUP}/fate"
"""On records: what became of the revision, a `Fate`."""

FATE_SINCE_ANNOTATION = f"{GROUP}/fate-since"
"""On records: when its fate was decided."""

FATE_REASON_ANNOTATION = f"{GROUP}/fate-reason"
"""On records of rejected revisions: why, in one word."""

FATE_MESSAGE_ANNOTATION = f"{GROUP}/fate-message"
"""On records of rejected revisions: why, in a sentence."""

RETRY_ANNOTATION = f"{GROUP}/retry"
"""On records: spec.rollout.retry when the fate was decided; another token lifts a rejection."""

COMPARED_WITH_ANNOTATION = f"{GROUP}/compared-with"
"""On the StatefulSet of the stream: with which revision's workers the first one of its template is compared."""

HELD_BACK_ANNOTATION = f"{GROUP}/held-back"
"""On the same: which version does not come to the workers, and why."""

LEDGER_ANNOTATION = f"{GROUP}/digests"
"""On the ServiceAccount: digests by version of records that were pruned, so that MLflow is not believed later."""

SEGMENT_ANNOTATION = f"{GROUP}/audit-segment"
"""On the ServiceAccount: number of the audit chain's last ConfigMap, where it is not the first."""

SERVING_CONTAINER = "server"
FETCH_CONTAINER = "fetch-bundle"
TRAINING_CONTAINER = "train"
SEARCH_CONTAINER = "search"
SCORING_CONTAINER = "score"
STREAM_CONTAINER = "stream"
DRIFT_CONTAINER = "drift"

TRAFFIC_URL_VARIABLE = "CHURN_TRAFFIC_URL"
"""Environment variable of the server container: where it asks which other version to try, and how much."""

STATE_VARIABLE = "CHURN_STATE"
STATE_NAME_VARIABLE = "CHURN_STATE_NAME"
"""Environment variable of the server container: where states of customers are kept."""

REST_PORT = 8080
GRPC_PORT = 8081
METRICS_PORT = 8082
TRAFFIC_PORT = 8083
"""Of the operator: serving pods ask it for weights."""
DRIFT_PORT = 8084
"""Of the drift sidecar: the operator asks it what the pod has seen, Prometheus scrapes it."""
ALERTS_PORT = 8085
"""Of the operator: Alertmanager tells it which ChurnModel to look at."""

TAP_SOCKET = "/tap/tap.sock"
"""Where the server gives the sidecar of its pod what it is asked and what it answers."""

TRAFFIC_SERVICE = "churn-operator-traffic"
"""In the operator's namespace, without a selector: the operator that acts is the only one behind it. Serving pods ask
it for weights, Alertmanager tells it alerts."""

MLFLOW_SECRET = "mlflow-credentials"
"""Secret in the model's namespace with the `username` and `password` of a user of MLflow that may only read."""

MLFLOW_TRAINING_SECRET = "mlflow-training-credentials"
"""The same of the user that writes what the namespace's training makes. The operator reads no Secret, pods name it."""

LABELS_SECRET = "churn-labels"
"""Secret in the model's namespace; its `predictions-token` lets serving pods post predictions, and nothing else."""

_LONGEST_LABEL = 63

LEASE = "churn-operator"
"""Held by the one operator that acts."""


def serving_labels(model: str) -> dict[str, str]:
    """Labels of everything that belongs to serving one ChurnModel."""
    return _labels(model, Component.SERVING)


def member_labels(model: str) -> dict[str, str]:
    """Labels of everything of a distributed ChurnModel's members; without a track, users never reach them."""
    return _labels(model, Component.MEMBER)


def training_labels(model: str) -> dict[str, str]:
    """Labels of everything that belongs to training one ChurnModel."""
    return _labels(model, Component.TRAINING)


def batch_labels(model: str) -> dict[str, str]:
    """Labels of everything that belongs to scoring tables by one ChurnModel."""
    return _labels(model, Component.BATCH)


def stream_labels(model: str) -> dict[str, str]:
    """Labels of everything that belongs to scoring a topic by one ChurnModel."""
    return _labels(model, Component.STREAM)


def audit_labels(model: str) -> dict[str, str]:
    """Labels of the audit chains of all ChurnModels that have, or had, this name."""
    return _labels(model, Component.AUDIT)


def stable_selector(model: str) -> dict[str, str]:
    """What selects the pods that answer users; never changes, because a Deployment's selector cannot."""
    return {MODEL_LABEL: model, TRACK_LABEL: Track.STABLE.value}


def candidate_selector(model: str) -> dict[str, str]:
    """What selects the pod that verifies a candidate; no Service of users and no budget selects it."""
    return {MODEL_LABEL: model, TRACK_LABEL: Track.CANDIDATE.value}


def serving_selector(model: str) -> dict[str, str]:
    """What selects all serving pods, of whatever track."""
    return {MODEL_LABEL: model, COMPONENT_LABEL: Component.SERVING.value}


def member_selector(model: str, member: str, revision: str) -> dict[str, str]:
    """What selects one member's pods of one revision."""
    return {**members_selector(model), MEMBER_LABEL: member, REVISION_LABEL: revision}


def members_selector(model: str) -> dict[str, str]:
    """What selects all members' pods of all revisions."""
    return {MODEL_LABEL: model, COMPONENT_LABEL: Component.MEMBER.value}


def stream_selector(model: str) -> dict[str, str]:
    """What selects the workers of the stream; never changes, because a StatefulSet's selector cannot."""
    return {MODEL_LABEL: model, COMPONENT_LABEL: Component.STREAM.value}


def candidate_name(model: str) -> str:
    """Name of the Deployment whose one pod verifies a candidate."""
    return f"{model}-candidate"


def state_name(namespace: str, model: str) -> str:
    """By what name workers and servers of one ChurnModel keep customers' states: another one's mean other events."""
    return f"{namespace}.{model}"


def traffic_url(system_namespace: str, namespace: str, model: str) -> str:
    """Where the serving pods of a ChurnModel ask for weights."""
    return f"http://{TRAFFIC_SERVICE}.{system_namespace}:{TRAFFIC_PORT}/traffic/{namespace}/{model}"


def metrics_url(address: str, path: str) -> str:
    """On the metrics port of the pod with this address."""
    return _pod_url(address, METRICS_PORT, path)


def drift_url(address: str, path: str) -> str:
    """On the port of the drift sidecar of the pod with this address."""
    return _pod_url(address, DRIFT_PORT, path)


def training_name(model: str) -> str:
    """Name of what all training Jobs of a ChurnModel share."""
    return f"{model}-train"


def batch_name(model: str) -> str:
    """Name of the CronJob, and of what its Jobs share."""
    return f"{model}-batch"


def stream_name(model: str) -> str:
    """Name of the StatefulSet that scores a topic, and of what belongs to it."""
    return f"{model}-stream"


def members_name(model: str) -> str:
    """Name of what all members of a ChurnModel share."""
    return f"{model}-members"


def peers_name(model: str) -> str:
    """Name of the Service, its host name too, by which pods of a ChurnModel find those that have its bundle."""
    return f"{model}-peers"


def member_name(model: str, member: str, revision: str) -> str:
    """Name of a member's Deployment and Service, its host name too: of one revision, so that two never mix."""
    room = _LONGEST_LABEL - len(model) - len(revision) - 2
    if len(member) > room:
        # Told apart by a hash, because two long names may begin alike.
        member = f"{member[: room - 7]}-{hashlib.sha256(member.encode()).hexdigest()[:6]}"
    return f"{model}-{member}-{revision}"


def revision_name(model: str, revision: str) -> str:
    """Name of a ControllerRevision."""
    return f"{model}-{revision}"


def audit_segment_name(model: str, uid: str, number: int) -> str:
    """Name of a ConfigMap of an audit chain; known without a list, so that the operator needs no right to one."""
    return f"{model}-audit-{uid}-{number}"


def audit_segment_of(name: str) -> tuple[str, int]:
    """Whose uid such a name has, and which segment it is: a name cannot be edited, a label can."""
    uid, _, number = name.rpartition("-audit-")[2].rpartition("-")
    return uid, int(number) if number.isascii() and number.isdigit() else 0


def training_job_name(model: str, fingerprint: str) -> str:
    """Name of the training Job for one `spec.training`."""
    return f"{model}-train-{fingerprint}"


def search_job_name(model: str, fingerprint: str) -> str:
    """Name of the Job that searches for an ensemble before that training."""
    return f"{model}-search-{fingerprint}"


def study_name(namespace: str, model: str, fingerprint: str) -> str:
    """Name of a search in its storage, which ChurnModels of several namespaces may share."""
    return f"{namespace}.{model}-{fingerprint}"


def retraining_job_name(model: str, asked_by: str) -> str:
    """Name of the Job for one evidence, such as retrain-3f2a9c1b0d."""
    return f"{model}-{asked_by}"


def _pod_url(address: str, port: int, path: str) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}:{port}{path}"


def _labels(model: str, component: Component) -> dict[str, str]:
    return {
        MANAGED_BY_LABEL: FIELD_MANAGER,
        MODEL_LABEL: model,
        COMPONENT_LABEL: component.value,
        "app.kubernetes.io/name": model,
        "app.kubernetes.io/part-of": "churnserve",
    }
