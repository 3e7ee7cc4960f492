"""Every label, annotation, child name, path and port that the operator writes, one line of meaning each."""

GROUP = "churnserve.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

FIELD_MANAGER = "churn-operator"
"""Owner of our fields in server-side apply."""

MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
"""On every child, always `churn-operator`."""

MODEL_LABEL = f"{GROUP}/model"
"""On every child: the ChurnModel's name."""

TRACK_LABEL = f"{GROUP}/track"
"""On pods: `stable` or `candidate`."""

REVISION_LABEL = f"{GROUP}/revision"
"""On pods and ControllerRevisions: the revision they run or hold."""

COMPONENT_LABEL = "app.kubernetes.io/component"
"""On every child: `serving` or `training`."""

HASH_ANNOTATION = f"{GROUP}/applied-hash"
"""On every child: the hash of what was applied, so that an unchanged child is not written."""

DIGEST_ANNOTATION = f"{GROUP}/digest"
"""On pods: the bundle digest that they verify before they are ready."""

STABLE = "stable"
SERVING = "serving"
TRAINING = "training"
SERVING_CONTAINER = "server"
FETCH_CONTAINER = "fetch-bundle"
TRAINING_CONTAINER = "train"

REST_PORT = 8080
GRPC_PORT = 8081
METRICS_PORT = 8082

MLFLOW_SECRET = "mlflow-credentials"
"""Secret in the model's namespace with `username` and `password`; pods name it, the operator never reads it."""

LEASE = "churn-operator"
"""Held by the one operator that acts."""


def serving_labels(model: str) -> dict[str, str]:
    """Labels of everything that belongs to serving one ChurnModel."""
    return _labels(model, SERVING)


def training_labels(model: str) -> dict[str, str]:
    """Labels of everything that belongs to training one ChurnModel."""
    return _labels(model, TRAINING)


def stable_selector(model: str) -> dict[str, str]:
    """What selects the pods that answer users; never changes, because a Deployment's selector cannot."""
    return {MODEL_LABEL: model, TRACK_LABEL: STABLE}


def revision_name(model: str, revision: str) -> str:
    """Name of a ControllerRevision."""
    return f"{model}-{revision}"


def training_job_name(model: str, fingerprint: str) -> str:
    """Name of the training Job for one `spec.training`."""
    return f"{model}-train-{fingerprint}"


def _labels(model: str, component: str) -> dict[str, str]:
    return {
        MANAGED_BY_LABEL: FIELD_MANAGER,
        MODEL_LABEL: model,
        COMPONENT_LABEL: component,
        "app.kubernetes.io/name": model,
        "app.kubernetes.io/part-of": "churnserve",
    }
