"""The NetworkPolicy of serving pods: anybody in the cluster may ask and scrape, the pods may reach DNS and MLflow."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.build.manifest import Manifest, metadata
from churn_operator.names import GRPC_PORT, METRICS_PORT, REST_PORT, serving_labels, stable_selector

_MLFLOW_PORT = 5000
_DNS_PORT = 53


def build_network_policy(model: ChurnModel, system_namespace: str) -> Manifest:
    """One pod has one address, so the fetching init container's way out stays open for the server too."""
    mlflow = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": system_namespace}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model, model.name, serving_labels(model.name)),
        "spec": {
            "podSelector": {"matchLabels": stable_selector(model.name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"ports": [_tcp(REST_PORT), _tcp(GRPC_PORT), _tcp(METRICS_PORT)]}],
            "egress": [
                {"ports": [{"protocol": "UDP", "port": _DNS_PORT}, _tcp(_DNS_PORT)]},
                {"to": [mlflow], "ports": [_tcp(_MLFLOW_PORT)]},
            ],
        },
    }


def _tcp(port: int) -> Manifest:
    return {"protocol": "TCP", "port": port}
