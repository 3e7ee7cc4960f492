"""The operator as a real process, started against a kubeconfig of the tests and ended by its pid."""

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from support.forked_child import ForkedChild
from support.free_port import free_port
from support.probe import probe
from support.processes import Process, Start, start_anew

_READY_SECONDS = 40
POD_NAME = "churn-operator-0"
ALERTS_TOKEN = "told-to-alertmanager"


@dataclass(frozen=True)
class OperatorSettings:
    """What a pod's environment would tell the operator."""

    kubeconfig: Path
    namespaces: Sequence[str]
    tracking_uri: str
    lease_namespace: str
    pod_name: str = POD_NAME
    more: dict[str, str] = field(default_factory=dict)
    metrics_port: int = field(default_factory=free_port)
    traffic_port: int = field(default_factory=free_port)
    alerts_port: int = field(default_factory=free_port)
    address: str = "10.0.0.1"
    """Of its pod, as the EndpointSlice of /traffic will have it; nothing is reached by it here."""

    def environment(self, port: int, token: Path) -> dict[str, str]:
        """The process's environment; nothing of the caller's Kubernetes configuration is in it."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KUBE")}
        return {
            **kept,
            "KUBECONFIG": str(self.kubeconfig),
            "CHURN_NAMESPACES": ",".join(self.namespaces),
            "CHURN_SERVING_IMAGE": "registry.example/churnserve/serving:test",
            "CHURN_SCORING_IMAGE": "registry.example/churnserve/scoring:test",
            "CHURN_DRIFT_IMAGE": "registry.example/churnserve/drift:test",
            "CHURN_TRAINING_IMAGE": "registry.example/churnserve/training:test",
            "MLFLOW_TRACKING_URI": self.tracking_uri,
            "CHURN_INSTALLATION": str(Path(__file__).with_name("installation.yaml")),
            "POD_NAMESPACE": self.lease_namespace,
            "POD_NAME": self.pod_name,
            "CHURN_HEALTH_PORT": str(port),
            "CHURN_METRICS_PORT": str(self.metrics_port),
            "CHURN_TRAFFIC_PORT": str(self.traffic_port),
            "CHURN_ALERTS_PORT": str(self.alerts_port),
            "CHURN_ALERTS_TOKEN": str(token),
            "POD_IP": self.address,
            "CHURN_REGISTRY_POLL_SECONDS": "1",
            **self.more,
        }


class OperatorProcess:
    """Start with `with OperatorProcess(settings, log) as operator`; it is ready when its /healthz says so."""

    def __init__(self, settings: OperatorSettings, log: Path) -> None:
        self._settings = settings
        self._port = free_port()
        self.log = log

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pod_name(self) -> str:
        """The pod that it says to be, by which it holds the Lease."""
        return self._settings.pod_name

    @property
    def pid(self) -> int:
        """Of the running process."""
        return self._process.pid

    def start(self, wait: bool = True, imports_itself: bool = False) -> None:
        """Start the process, again if it has ended; its old log is kept under another name.

        One that imports itself what it needs starts as in a pod, seconds later.
        """
        if self.log.exists():
            self.log.rename(self.log.with_name(f"{self.log.name}.{self.log.stat().st_mtime_ns}"))
        token = self.log.with_suffix(".token")
        token.write_text(ALERTS_TOKEN, encoding="utf-8")
        command = [sys.executable, "-m", "churn_operator", "run"]
        start: Start = start_anew if imports_itself else ForkedChild
        self._process = Process(command, self.log, self._settings.environment(self._port, token), start)
        if wait:
            self._process.wait_until(self.healthy, _READY_SECONDS)

    def stop(self) -> int:
        """SIGTERM, then SIGKILL. Gives the exit code."""
        return self._process.stop()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal and do not wait."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL, as the machine does when memory runs out."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait(_READY_SECONDS)

    def rename(self, pod_name: str) -> None:
        """The next start is in another pod."""
        self._settings = replace(self._settings, pod_name=pod_name)

    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.running()

    def wait(self, seconds: float) -> int:
        """The exit code, once it has ended by itself."""
        return self._process.wait(seconds)

    def healthy(self) -> bool:
        """Whether it acts, and nothing is wrong."""
        return self._health() == (200, "ok")

    def standing_by(self) -> bool:
        """Whether it is well and waits for the Lease."""
        return self._health() == (200, "standby")

    def metrics(self) -> str:
        """What Prometheus would scrape."""
        answer = probe(f"http://127.0.0.1:{self._settings.metrics_port}/metrics")
        return "" if answer is None else answer.text

    @property
    def metrics_address(self) -> str:
        """Where Prometheus would scrape it."""
        return f"127.0.0.1:{self._settings.metrics_port}"

    @property
    def address(self) -> str:
        """Of its pod, by which the Service of /traffic leads to it."""
        return self._settings.address

    @property
    def traffic_url(self) -> str:
        """Where serving pods ask this very process."""
        return f"http://127.0.0.1:{self._settings.traffic_port}/traffic"

    @property
    def alerts_url(self) -> str:
        """Where alerts are posted to this very process."""
        return f"http://127.0.0.1:{self._settings.alerts_port}/alerts"

    def readiness(self) -> tuple[int, str] | None:
        """The status and the words of /readyz."""
        return self._health("readyz")

    def _health(self, path: str = "healthz") -> tuple[int, str] | None:
        answer = probe(f"http://127.0.0.1:{self._port}/{path}")
        return None if answer is None else (answer.status_code, answer.json()["status"])
