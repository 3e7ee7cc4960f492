"""The example ChurnModel telco-distributed on the tests' cluster: its status, its members' pods, its answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from churn_models.bundle import Bundle
from churn_models.registry import ModelReference
from support.eventually import eventually
from support.kubernetes_cluster import Cluster
from support.v2_client import infer_request

NAME = "telco-distributed"
_MODEL = f"churnserve.dev/model={NAME}"
_MEMBER = "churnserve.dev/member"


@dataclass(frozen=True)
class DistributedModel:
    """It exists from `apply` on."""

    cluster: Cluster

    def apply(self) -> None:
        """As a user would."""
        self.cluster.kubectl.run("apply", "-f", f"manifests/examples/{NAME}.yaml")

    def delete(self) -> None:
        """With everything that it owns."""
        self.cluster.kubectl.run("-n", "churn", "delete", f"churnmodel/{NAME}", "--timeout=60s")

    def change(self, **serving: object) -> None:
        """Merge these fields into spec.serving."""
        self.cluster.kubectl.patch_spec(f"churnmodel/{NAME}", {"serving": serving})

    def status(self) -> dict[str, Any]:
        """What the operator says now."""
        status: dict[str, Any] = self.cluster.kubectl.get("-n", "churn", f"churnmodel/{NAME}").get("status", {})
        return status

    def wait_ready(self, seconds: int) -> dict[str, Any]:
        """`kubectl wait`, and the status then."""
        wait = ["-n", "churn", "wait", "--for=condition=Ready", f"churnmodel/{NAME}", f"--timeout={seconds}s"]
        self.cluster.kubectl.run(*wait, seconds=seconds + 30)
        return self.status()

    def wait_for_another_revision(self, than: str, seconds: float) -> None:
        """Until a revision other than this one is stable and Ready."""
        eventually(
            lambda: self.status()["state"] == "Stable" and self.status()["stable"]["revision"] != than, seconds, 1
        )

    def bundle(self) -> Bundle:
        """What it serves, fetched to this machine."""
        stable = self.status()["stable"]
        with self.cluster.registry() as registry:
            version = registry.resolve(ModelReference(NAME, version=stable["version"]))
            return registry.fetch(version, self.cluster.scratch / NAME, stable["digest"])

    def pods(self, member: str | None = None) -> list[dict[str, Any]]:
        """The serving pods, or those of a member, that are not about to end."""
        selector = f"{_MODEL},{_MEMBER}={member}" if member else f"{_MODEL},churnserve.dev/track=stable"
        items = self.cluster.kubectl.get("-n", "churn", "pods", "-l", selector)["items"]
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]

    def member_children(self) -> list[str]:
        """Names of the members' Deployments and Services."""
        selector = f"{_MODEL},{_MEMBER}"
        items = self.cluster.kubectl.get("-n", "churn", "deployments,services", "-l", selector)["items"]
        return sorted(f"{item['kind']}/{item['metadata']['name']}" for item in items)

    def kill(self, member: str) -> None:
        """End the member's pods at once, as a failing node would; its Deployment starts others."""
        for pod in self.pods(member):
            name = f"pod/{pod['metadata']['name']}"
            self.cluster.kubectl.run("-n", "churn", "delete", name, "--grace-period=0", "--force", "--wait=false")

    @contextmanager
    def pod_address(self) -> Iterator[str]:
        """Base address of one serving pod: asked directly, it also answers while it is not ready."""
        name = self.pods()[0]["metadata"]["name"]
        with self.cluster.kubectl.forward("churn", f"pod/{name}", 8080) as address:
            yield f"http://{address}"

    def metrics(self, member: str) -> str:
        """What Prometheus is told by a member's pod."""
        name = self.pods(member)[0]["metadata"]["name"]
        with self.cluster.kubectl.forward("churn", f"pod/{name}", 8082) as address:
            return httpx.get(f"http://{address}/metrics", timeout=10).text

    def ask(self, address: str, rows: int = 1) -> httpx.Response:
        """The first customers."""
        body = infer_request(self.cluster.schema, self.cluster.frame(rows))
        return httpx.post(f"{address}/v2/models/{NAME}/infer", json=body, timeout=10)
