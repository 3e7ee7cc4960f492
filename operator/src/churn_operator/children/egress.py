"""Ways out of our pods, as rules of a NetworkPolicy: DNS, MLflow, the operator, a database, a state store."""

import ipaddress
from urllib.parse import urlsplit

from churn_operator.api.manifest import Manifest
from churn_operator.names import OPERATOR, TRAFFIC_PORT
from churn_operator.settings import Settings

_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_DEFAULT_PORTS = {"http": 80, "https": 443, "postgres": 5432, "postgresql": 5432}
_DEFAULT_PORTS |= dict.fromkeys(("redis", "rediss", "redis+cluster", "rediss+cluster"), 6379)


def to_dns(settings: Settings) -> Manifest:
    """Any resolver: where it runs differs from cluster to cluster."""
    port = settings.installation.dns_port
    return {"ports": [{"protocol": "UDP", "port": port}, tcp(port)]}


def to_mlflow(settings: Settings) -> Manifest:
    """Where MLFLOW_TRACKING_URI says that it is."""
    return to_address(settings.tracking_uri, settings.installation.mlflow_pod_port)


def to_operator(settings: Settings) -> Manifest:
    """Whichever leads says which other version to try."""
    return {"to": [operators(settings)], "ports": [tcp(TRAFFIC_PORT)]}


def operators(settings: Settings) -> Manifest:
    """The operator's pods, as a peer."""
    pods = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": OPERATOR}}}
    namespace = {"namespaceSelector": {"matchLabels": {_NAMESPACE_LABEL: settings.system_namespace}}}
    return {**namespace, **pods}


def to_state(url: str) -> Manifest:
    """A state store. The servers of a cluster tell each other's addresses: one is not enough, but the port is."""
    rule = to_address(url)
    is_one_of_many = "+cluster:" in url and any("ipBlock" in peer for peer in rule.get("to", []))
    return {"ports": rule["ports"]} if is_one_of_many else rule


def to_address(url: str, pod_port: int | None = None) -> Manifest:
    """The host and port of a URL. `pod_port` is for a Service whose pods listen on another port than itself.

    A policy names pods and addresses, not hosts: a host outside of the cluster is any address at that port.
    """
    parts = urlsplit(url)
    rule: Manifest = {"ports": [tcp(pod_port or parts.port or _DEFAULT_PORTS[parts.scheme])]}
    peer = _peer(parts.hostname or "")
    return {"to": [peer], **rule} if peer else rule


def _peer(host: str) -> Manifest | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _service(host)
    return {"ipBlock": {"cidr": f"{address}/{address.max_prefixlen}"}}


def _service(host: str) -> Manifest | None:
    """The namespace behind service, service.namespace or service.namespace.svc…; None for every other name."""
    match host.split("."):
        case [_]:
            return {"podSelector": {}}
        case [_, namespace] | [_, namespace, "svc", *_] if namespace:
            return {"namespaceSelector": {"matchLabels": {_NAMESPACE_LABEL: namespace}}}
    return None


def tcp(port: int) -> Manifest:
    """One port of a rule."""
    return {"protocol": "TCP", "port": port}
