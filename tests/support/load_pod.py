"""`support.asking_users` on this machine, and in a pod of the cluster, where every model's Service is reached."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from support import asking_users
from support.asking_users import Asked, Questions
from support.kubectl import Kubectl
from support.kubernetes_cluster import SYSTEM
from support.processes import Process

_PROGRAM = Path(asking_users.__file__)
# No NetworkPolicy of ours is about this namespace.
_NAMESPACE = "default"


@contextmanager
def asking_from_here(scratch: Path, questions: Questions, plan: Sequence[Asked]) -> Iterator[Path]:
    """The log, which is whole when the block has ended."""
    (scratch / "plan.json").write_text(_text(questions, plan))
    log = scratch / "users.log"
    users = Process([sys.executable, "-P", str(_PROGRAM), str(scratch / "plan.json")], log, {})
    try:
        users.wait_until(lambda: '"answer"' in log.read_text(), 60)
        yield log
    finally:
        users.stop()


@contextmanager
def asking_from_a_pod(
    kubectl: Kubectl, scratch: Path, questions: Questions, plan: Sequence[Asked], name: str = "asking-users"
) -> Iterator[Path]:
    """The log, which has all but the last moments when the block has ended. The pod's name tells several apart."""
    namespace, log = ("-n", _NAMESPACE), scratch / f"{name}.log"
    kubectl.run(*namespace, "delete", "pod,configmap", name, "--ignore-not-found", "--grace-period=0", "--force")
    kubectl.run(*namespace, "create", "-f", "-", stdin=json.dumps(_files(name, questions, plan)))
    kubectl.run(*namespace, "create", "-f", "-", stdin=json.dumps(_pod(name, kubectl)))
    kubectl.run(*namespace, "wait", "--for=condition=Ready", f"pod/{name}", "--timeout=120s")
    follow = Process(["kubectl", *namespace, "logs", "--follow", name], log, kubectl.environment)
    try:
        follow.wait_until(lambda: '"answer"' in log.read_text(), 60)
        yield log
    finally:
        follow.stop()
        kubectl.run(*namespace, "delete", "pod,configmap", name, "--grace-period=0", "--force")


def _text(questions: Questions, plan: Sequence[Asked]) -> str:
    return json.dumps({"questions": questions._asdict(), "models": [asked._asdict() for asked in plan]})


def _files(name: str, questions: Questions, plan: Sequence[Asked]) -> dict[str, object]:
    data = {_PROGRAM.name: _PROGRAM.read_text(encoding="utf-8"), "plan.json": _text(questions, plan)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def _pod(name: str, kubectl: Kubectl) -> dict[str, object]:
    """Of the operator's image, which has aiohttp."""
    operator = kubectl.get("-n", SYSTEM, "deployment/churn-operator")["spec"]["template"]["spec"]["containers"][0]
    container = {
        "name": "users",
        "image": operator["image"],
        "imagePullPolicy": operator["imagePullPolicy"],
        "command": ["python", "-P", f"/files/{_PROGRAM.name}", "/files/plan.json"],
        "resources": {"requests": {"cpu": "10m", "memory": "128Mi"}},
        "volumeMounts": [{"name": "files", "mountPath": "/files"}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "files", "configMap": {"name": name}}],
            "automountServiceAccountToken": False,
        },
    }
