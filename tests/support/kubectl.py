"""kubectl for the end-to-end tests: our own cluster alone, whatever the machine's kubeconfig says."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.free_port import free_port
from support.processes import Process

_CLUSTER_SCRIPT = "tests/kind-node/cluster.sh"
_FORWARD_SECONDS = 30


class KubectlFailed(Exception):
    """What kubectl printed."""


class Kubectl:
    """One cluster, as `make cluster` made it."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self.environment = _cluster_environment()

    def run(self, *arguments: str, stdin: str | None = None, seconds: float = 120) -> str:
        """Standard output of one command. Raises KubectlFailed."""
        return self.output(["kubectl", *arguments], stdin, seconds)

    def output(self, command: list[str], stdin: str | None = None, seconds: float = 120) -> str:
        """Standard output of any tool that works on the cluster. Raises KubectlFailed."""
        ended = subprocess.run(
            command,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if ended.returncode != 0:
            raise KubectlFailed(f"{' '.join(command)}: {ended.stderr.strip() or ended.stdout.strip()}")
        return ended.stdout

    def get(self, *arguments: str) -> dict[str, Any]:
        """One object, or a list, as JSON."""
        answer: dict[str, Any] = json.loads(self.run("get", *arguments, "-o", "json"))
        return answer

    def patch_spec(self, resource: str, spec: dict[str, Any]) -> None:
        """Merge these fields into the spec of an object of the namespace churn."""
        self.run("-n", "churn", "patch", resource, "--type", "merge", "-p", json.dumps({"spec": spec}))

    @contextmanager
    def forward(self, namespace: str, resource: str, port: int) -> Iterator[str]:
        """`127.0.0.1:port` that reaches this port of one pod behind the resource."""
        local = free_port()
        command = ["kubectl", "-n", namespace, "port-forward", resource, f"{local}:{port}"]
        process = Process(command, self._scratch / f"forward-{local}.log", self.environment)
        try:
            process.wait_until(lambda: "Forwarding from" in process.log.read_text(), _FORWARD_SECONDS)
            yield f"127.0.0.1:{local}"
        finally:
            process.stop()


def _cluster_environment() -> Mapping[str, str]:
    script = f'eval "$({_CLUSTER_SCRIPT} env)" && env -0'
    printed = subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout.decode()
    variables = dict(line.split("=", 1) for line in printed.split("\0") if "=" in line)
    return {**os.environ, **variables}
