"""The NetworkPolicy of serving pods: anybody may ask and scrape; they reach DNS, MLflow, operator and peers, and the
labels' process where they post predictions to it, the state store where they read it.

What a drift sidecar has counted is for the operator and Prometheus alone.
"""

from collections.abc import Sequence

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.manifest import Manifest
from churn_operator.children.egress import operators, tcp, to_address, to_dns, to_mlflow, to_operator, to_state
from churn_operator.children.metadata import metadata
from churn_operator.names import (
    COMPONENT_LABEL,
    DRIFT_PORT,
    GRPC_PORT,
    METRICS_PORT,
    MODEL_LABEL,
    REST_PORT,
    Component,
    members_selector,
    serving_labels,
    serving_selector,
)
from churn_operator.observe.configuration import Configuration
from churn_operator.settings import Settings

_PROMETHEUS: Manifest = {
    # Wherever it runs; its charts, its operator and ours call it so.
    "namespaceSelector": {},
    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
}


def build_network_policy(
    model: ChurnModel, settings: Settings, distributed: bool, configurations: Sequence[Configuration]
) -> Manifest:
    """One pod has one address, so the fetching init container's way out stays open for the server too.

    `configurations`: of all revisions that pods may be of.
    """
    asked: Manifest = {"ports": [tcp(REST_PORT), tcp(GRPC_PORT), tcp(METRICS_PORT)]}
    egress = [*fetching_egress(model, settings), to_operator(settings)]
    egress += [to_address(url) for url in sorted({one.predictions.url for one in configurations if one.predictions})]
    egress += [to_state(url) for url in sorted({one.state.url for one in configurations if one.state})]
    if distributed:
        members = {"podSelector": {"matchLabels": members_selector(model.name)}}
        egress.append({"to": [members], "ports": [tcp(GRPC_PORT)]})
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(model, model.name, serving_labels(model.name)),
        "spec": {
            "podSelector": {"matchLabels": serving_selector(model.name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [asked, *sidecar_ingress(settings, configurations)],
            "egress": egress,
        },
    }


def sidecar_ingress(settings: Settings, configurations: Sequence[Configuration]) -> list[Manifest]:
    """Who may ask drift sidecars; nobody where no revision that pods may be of has one."""
    if not any(one.sidecar for one in configurations):
        return []
    return [{"from": [operators(settings), _PROMETHEUS], "ports": [tcp(DRIFT_PORT)]}]


def fetching_egress(model: ChurnModel, settings: Settings) -> list[Manifest]:
    """What every pod that fetches a bundle reaches: DNS, MLflow, and the model's pods that have the bundle already."""
    components = {"key": COMPONENT_LABEL, "operator": "In", "values": [Component.SERVING, Component.MEMBER]}
    peers = {"podSelector": {"matchLabels": {MODEL_LABEL: model.name}, "matchExpressions": [components]}}
    return [to_dns(settings), to_mlflow(settings), {"to": [peers], "ports": [tcp(METRICS_PORT)]}]
