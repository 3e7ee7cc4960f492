"""The kinds of objects that the operator handles, and where the API server keeps them."""

from dataclasses import dataclass

from churn_operator.names import API_VERSION


@dataclass(frozen=True)
class Kind:
    """One kind: its group and version, its name, and its path segment."""

    api_version: str
    kind: str
    plural: str

    def path(self, namespace: str = "", name: str = "") -> str:
        """The REST path of the collection, or of one object; without a namespace, of a kind that has none."""
        root = f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"
        scope = f"{root}/namespaces/{namespace}" if namespace else root
        return "/".join(part for part in (scope, self.plural, name) if part)


CHURN_MODEL = Kind(API_VERSION, "ChurnModel", "churnmodels")
DRIFT_REPORT = Kind(API_VERSION, "DriftReport", "driftreports")
POD = Kind("v1", "Pod", "pods")
EVENT = Kind("v1", "Event", "events")
NAMESPACE = Kind("v1", "Namespace", "namespaces")
LEASE = Kind("coordination.k8s.io/v1", "Lease", "leases")
SELF_SUBJECT_ACCESS_REVIEW = Kind("authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews")
ENDPOINT_SLICE = Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")
CONFIG_MAP = Kind("v1", "ConfigMap", "configmaps")
JOB = Kind("batch/v1", "Job", "jobs")
CRON_JOB = Kind("batch/v1", "CronJob", "cronjobs")
DEPLOYMENT = Kind("apps/v1", "Deployment", "deployments")
STATEFUL_SET = Kind("apps/v1", "StatefulSet", "statefulsets")
CONTROLLER_REVISION = Kind("apps/v1", "ControllerRevision", "controllerrevisions")
HORIZONTAL_POD_AUTOSCALER = Kind("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers")
SCALED_OBJECT = Kind("keda.sh/v1alpha1", "ScaledObject", "scaledobjects")
"""Of KEDA, which a cluster may have or not."""

CHILD_KINDS = (
    Kind("v1", "ServiceAccount", "serviceaccounts"),
    Kind("v1", "Service", "services"),
    Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
    Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
    CONTROLLER_REVISION,
    DEPLOYMENT,
    HORIZONTAL_POD_AUTOSCALER,
    JOB,
    CRON_JOB,
    STATEFUL_SET,
)
"""Every kind that a builder makes, and that every cluster has."""

BY_NAME = {kind.kind: kind for kind in (*CHILD_KINDS, SCALED_OBJECT)}
