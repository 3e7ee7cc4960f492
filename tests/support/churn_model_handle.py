"""One ChurnModel as a test sees it: its status, and its children of every kind."""

import time
from dataclasses import dataclass

from support.eventually import eventually
from support.kube_client import KubeClient, Object

API_VERSION = "churnserve.dev/v1alpha1"
CHURN_MODEL = "ChurnModel"
SETTLE_SECONDS = 30

COLLECTIONS = {
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "ControllerRevision": "/apis/apps/v1/namespaces/{}/controllerrevisions",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "Service": "/api/v1/namespaces/{}/services",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
}
"""Where the children of each kind are."""


@dataclass(frozen=True)
class ChurnModelHandle:
    """A ChurnModel that exists, or has existed."""

    kube: KubeClient
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Of the ChurnModel."""
        return f"{churn_models(self.namespace)}/{self.name}"

    def live(self) -> Object:
        """The whole object now."""
        return self.kube.get(self.path)

    def status(self) -> Object:
        """What the operator says now."""
        status: Object = self.live().get("status", {})
        return status

    def condition(self, kind: str) -> Object:
        """One condition now; empty while it is not there."""
        found = [one for one in self.status().get("conditions", []) if one["type"] == kind]
        return found[0] if found else {}

    def change(self, **spec: object) -> None:
        """A user's merge patch of the spec."""
        self.kube.merge(self.path, {"spec": spec})

    def nudge(self) -> None:
        """Have the operator look now instead of at its next poll of MLflow: an annotation of no meaning."""
        self.kube.merge(self.path, {"metadata": {"annotations": {"test/nudge": str(time.monotonic_ns())}}})

    def remove(self) -> None:
        """Leave no work with it to operators that come later; what it owns is left, as nobody collects it here."""
        self.kube.delete(self.path)

    def children(self, kind: str) -> list[Object]:
        """The children of a kind that say they are of this ChurnModel."""
        items = self.kube.items(
            COLLECTIONS[kind].format(self.namespace), labelSelector=f"churnserve.dev/model={self.name}"
        )
        return sorted(items, key=lambda item: str(item["metadata"]["name"]))

    def child_path(self, kind: str) -> str:
        """Of the one child of this kind."""
        return f"{COLLECTIONS[kind].format(self.namespace)}/{self.children(kind)[0]['metadata']['name']}"

    def deployment(self) -> Object:
        """The serving Deployment."""
        return self.kube.get(f"{COLLECTIONS['Deployment'].format(self.namespace)}/{self.name}")

    def pods(self) -> list[Object]:
        """The serving pods."""
        selector = f"churnserve.dev/model={self.name}"
        return self.kube.items(f"/api/v1/namespaces/{self.namespace}/pods", labelSelector=selector)

    def is_ready(self, digest: str | None = None) -> bool:
        """Whether Ready is true for the present generation, and of this digest."""
        live = self.live()
        status = live.get("status", {})
        current = status.get("observedGeneration") == live["metadata"]["generation"]
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))
        return current and ready and (digest is None or status["stable"]["digest"] == digest)

    def wait_ready(self, digest: str | None = None, seconds: float = SETTLE_SECONDS) -> None:
        """Until it is. Raises AssertionError with the status."""
        try:
            eventually(lambda: self.is_ready(digest), seconds)
        except AssertionError as error:
            raise AssertionError(f"{self.namespace}/{self.name} is not Ready: {self.status()}") from error


def churn_models(namespace: str) -> str:
    """Path of a namespace's ChurnModels."""
    return f"/apis/{API_VERSION}/namespaces/{namespace}/churnmodels"


def churn_model(namespace: str, name: str, model: str = "telco") -> Object:
    """The smallest ChurnModel: five lines of YAML."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API_VERSION, "kind": CHURN_MODEL, "metadata": metadata, "spec": {"model": {"name": model}}}
