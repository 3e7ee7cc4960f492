"""What NetworkPolicies let through, by the rules of Kubernetes' documentation: the unit tests ask it of our own.

A connection needs both ends: some policy of the source's pod must let it out and some policy of the target's pod must
let it in, where any policy selects that pod for that direction. Peers by ipBlock are not read: ours name pods.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Policy = dict[str, Any]
Selector = Mapping[str, Any]


@dataclass(frozen=True)
class Pod:
    """One end of a connection: a pod, or with `labels` None an address outside of the cluster."""

    name: str
    labels: Mapping[str, str] | None
    namespace: str = ""
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    """Numbers of the named container ports."""


@dataclass(frozen=True)
class Connection:
    """From one pod to a port of another."""

    source: Pod
    target: Pod
    port: int
    protocol: str = "TCP"


def allows(policies: Iterable[Policy], connection: Connection) -> bool:
    """Whether both ends let the connection through."""
    policies = list(policies)
    out = _passes(policies, connection, "Egress", connection.source, connection.target)
    return out and _passes(policies, connection, "Ingress", connection.target, connection.source)


def _passes(policies: list[Policy], connection: Connection, direction: str, pod: Pod, other: Pod) -> bool:
    """Whether a pod's own policies let it through; a pod without any in this direction is open."""
    own = [policy for policy in policies if _selects(policy, pod) and direction in policy["spec"]["policyTypes"]]
    rules = [rule for policy in own for rule in policy["spec"].get(direction.lower(), [])]
    peers = "to" if direction == "Egress" else "from"
    return not own or any(_admits(rule, peers, pod, other, connection) for rule in rules)


def _selects(policy: Policy, pod: Pod) -> bool:
    same: bool = policy["metadata"]["namespace"] == pod.namespace
    if pod.labels is None or not same:
        return False
    return matches(policy["spec"]["podSelector"], pod.labels)


def _admits(rule: Mapping[str, Any], peers: str, pod: Pod, other: Pod, connection: Connection) -> bool:
    ports, allowed = rule.get("ports"), rule.get(peers)
    through = not ports or any(_is_port(port, connection) for port in ports)
    return through and (not allowed or any(_is_peer(peer, pod.namespace, other) for peer in allowed))


def _is_port(port: Mapping[str, Any], connection: Connection) -> bool:
    number = port.get("port", connection.port)
    if isinstance(number, str):  # a name means the target's container port, in both directions
        number = connection.target.ports.get(number)
    return bool(number == connection.port and port.get("protocol", "TCP") == connection.protocol)


def _is_peer(peer: Mapping[str, Any], namespace: str, other: Pod) -> bool:
    if other.labels is None:
        return False
    if "namespaceSelector" in peer:
        here = matches(peer["namespaceSelector"], other.namespace_labels)
    else:
        here = other.namespace == namespace
    return here and matches(peer.get("podSelector", {}), other.labels)


def matches(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Whether a label selector, both of its parts, selects these labels; an empty one selects everything."""
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items() and all(
        _holds(expression, labels) for expression in selector.get("matchExpressions", [])
    )


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case unknown:
            raise ValueError(f"label selectors have no operator {unknown}")
