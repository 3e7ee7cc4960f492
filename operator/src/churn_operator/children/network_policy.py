"""The NetworkPolicy of serving pods: anybody in the cluster may ask and scrape, the pods may reach DNS and MLflow."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.metadata import metadata
from churn_operator.names import (
    GRPC_PORT,
    METRICS_PORT,
    REST_PORT,
    members_selector,
    serving_labels,
    stable_selector,
)

_MLFLOW_PORT = 5000
_DNS_PORT = 53


def build_network_policy(model: ChurnModel, system_namespace: str, distributed: bool) -> Manifest:
    """One pod has one address, so the fetching init container's way out stays open for the server too."""
    egress = fetching_egress(system_namespace)
    if distributed:
        members = {"podSelector": {"matchLabels": members_selector(model.name)}}
        egress.append({"to": [members], "ports": [tcp(GRPC_PORT)]})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model, model.name, serving_labels(model.name)),
        "spec": {
            "podSelector": {"matchLabels": stable_selector(model.name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": [tcp(REST_PORT), tcp(GRPC_PORT), tcp(METRICS_PORT)]}],
            "egress": egress,
        },
    }


def fetching_egress(system_namespace: str) -> list[Manifest]:
    """The way to DNS and MLflow, which every pod with a bundle needs."""
    mlflow = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": system_namespace}}}
    return [
        {"ports": [{"protocol": "UDP", "port": _DNS_PORT}, tcp(_DNS_PORT)]},
        {"to": [mlflow], "ports": [tcp(_MLFLOW_PORT)]},
    ]


def tcp(port: int) -> Manifest:
    """One port of a rule."""
    return {"protocol": "TCP", "port": port}
