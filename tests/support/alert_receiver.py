"""A receiver of alerts in the cluster, named to the real Alertmanager as a person who runs it would name one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml
from support.kubectl import Kubectl
from support.kubernetes_cluster import SYSTEM

_NAME, _PORT = "alert-receiver", 9094
# No NetworkPolicy of ours is about this namespace.
_NAMESPACE = "default"
_DEPLOYMENT = "deployment/alertmanager"
_LABELS = {"app.kubernetes.io/name": _NAME}
# Says each alert that it gets, a line of JSON each.
_PROGRAM = f"""
import http.server, json
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        for alert in json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"]:
            print(json.dumps(alert), flush=True)
        self.send_response(200)
        self.end_headers()
http.server.ThreadingHTTPServer(("", {_PORT}), Receiver).serve_forever()
"""


@dataclass(frozen=True)
class AlertReceiver:
    """As long as it lasts."""

    kubectl: Kubectl

    def heard(self, alert: str, churn_model: str) -> list[dict[str, Any]]:
        """What has come of this alert about that ChurnModel so far."""
        lines = self.kubectl.run("-n", _NAMESPACE, "logs", _NAME).splitlines()
        alerts = [json.loads(line) for line in lines if line.startswith("{")]
        wanted = {"alertname": alert, "churnmodel": churn_model}.items()
        return [one for one in alerts if wanted <= one["labels"].items()]


@contextmanager
def alert_receiver(kubectl: Kubectl) -> Iterator[AlertReceiver]:
    """Alertmanager tells it what it tells people, until the block ends."""
    before = _configuration(kubectl)
    _remove(kubectl)
    told = yaml.safe_load(kubectl.get("-n", SYSTEM, f"configmap/{before}")["data"]["alertmanager.yml"])
    for receiver in told["receivers"]:
        if receiver["name"] == "people":
            url = f"http://{_NAME}.{_NAMESPACE}.svc.cluster.local:{_PORT}/"
            receiver["webhook_configs"] = [{"url": url}]
    objects = [_pod(kubectl), _service(), _policy(), _config_map(yaml.safe_dump(told))]
    kubectl.run("create", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    try:
        kubectl.run("-n", _NAMESPACE, "wait", "--for=condition=Ready", f"pod/{_NAME}", "--timeout=120s")
        _configure(kubectl, _NAME)
        yield AlertReceiver(kubectl)
    finally:
        _configure(kubectl, before)
        _remove(kubectl)


def _configuration(kubectl: Kubectl) -> str:
    """The ConfigMap that Alertmanager reads."""
    volumes = kubectl.get("-n", SYSTEM, _DEPLOYMENT)["spec"]["template"]["spec"]["volumes"]
    (name,) = (one["configMap"]["name"] for one in volumes if one["name"] == "configuration")
    return str(name)


def _configure(kubectl: Kubectl, config_map: str) -> None:
    volume = {"name": "configuration", "configMap": {"name": config_map}}
    patch = json.dumps({"spec": {"template": {"spec": {"volumes": [volume]}}}})
    kubectl.run("-n", SYSTEM, "patch", _DEPLOYMENT, "-p", patch)
    kubectl.run("-n", SYSTEM, "rollout", "status", _DEPLOYMENT, "--timeout=120s", seconds=150)


def _remove(kubectl: Kubectl) -> None:
    gone = ("--ignore-not-found", "--grace-period=1")
    kubectl.run("-n", _NAMESPACE, "delete", "pod,service", _NAME, *gone)
    kubectl.run("-n", SYSTEM, "delete", "networkpolicy,configmap", _NAME, *gone)


def _metadata(namespace: str) -> dict[str, Any]:
    return {"name": _NAME, "namespace": namespace, "labels": _LABELS}


def _pod(kubectl: Kubectl) -> dict[str, Any]:
    """Of the operator's image, which has Python."""
    operator = kubectl.get("-n", SYSTEM, "deployment/churn-operator")["spec"]["template"]["spec"]["containers"][0]
    container = {
        "name": "receiver",
        "image": operator["image"],
        "imagePullPolicy": operator["imagePullPolicy"],
        "command": ["python", "-c", _PROGRAM],
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
    }
    spec = {"containers": [container], "automountServiceAccountToken": False}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _metadata(_NAMESPACE), "spec": spec}


def _service() -> dict[str, Any]:
    spec = {"selector": _LABELS, "ports": [{"port": _PORT}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(_NAMESPACE), "spec": spec}


def _policy() -> dict[str, Any]:
    """Alertmanager may leave its namespace for no other receiver."""
    to = {"namespaceSelector": {}, "podSelector": {"matchLabels": _LABELS}}
    spec = {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "alertmanager"}},
        "policyTypes": ["Egress"],
        "egress": [{"to": [to], "ports": [{"protocol": "TCP", "port": _PORT}]}],
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(SYSTEM),
        "spec": spec,
    }


def _config_map(text: str) -> dict[str, Any]:
    data = {"alertmanager.yml": text}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(SYSTEM), "data": data}
