"""MLflow, training and serving as plain processes of this machine: what `make demo` and the e2e tests run on.

The context manager ends everything it started; its folder holds the database, the artifacts and the logs.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from churn_models.names import CHALLENGER, CHAMPION
from churn_models.registry import ModelReference, Registry
from support.free_port import free_port
from support.probe import succeeds
from support.processes import Process

_MLFLOW_SECONDS = 90
_SERVING_SECONDS = 90


class Serving:
    """One running server of ours."""

    def __init__(self, process: Process, rest_port: int, grpc_port: int) -> None:
        self.process = process
        self.rest_url = f"http://127.0.0.1:{rest_port}"
        self.grpc_target = f"127.0.0.1:{grpc_port}"

    def is_ready(self) -> bool:
        """What the readiness probe would see now."""
        return succeeds(f"{self.rest_url}/v2/health/ready")

    def wait_ready(self) -> None:
        """Until it is. Raises ProcessFailed."""
        self.process.wait_until(self.is_ready, _SERVING_SECONDS)


class LocalStack:
    """Start with `with LocalStack(folder) as stack`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tracking_uri = f"http://127.0.0.1:{free_port()}"
        self.registry = Registry(self.tracking_uri)
        self._processes: list[Process] = []

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.registry.close()
        for process in reversed(self._processes):
            process.stop()

    @property
    def environment(self) -> Mapping[str, str]:
        """What a child process needs to find MLflow."""
        quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        # For experiments whose artifact root names a host, as servers of the versions before allow by themselves.
        roots = {"MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES": "mlflow-artifacts,http"}
        return {**os.environ, **quiet, **roots, "MLFLOW_TRACKING_URI": self.tracking_uri}

    def start_mlflow(self) -> None:
        """An MLflow server with sqlite and artifacts in the folder; gives control back before it answers."""
        port = self.tracking_uri.rpartition(":")[2]
        options = {
            "--backend-store-uri": f"sqlite:///{self.folder}/mlflow.db",
            "--artifacts-destination": str(self.folder / "artifacts"),
            "--host": "127.0.0.1",
            "--port": port,
            "--workers": "1",
        }
        command = [sys.executable, "-m", "mlflow", "server", "--serve-artifacts"]
        command += [word for option in options.items() for word in option]
        self._mlflow = self._start(command, "mlflow")

    def wait_for_mlflow(self) -> None:
        """Until MLflow answers. Raises ProcessFailed."""
        self._mlflow.wait_until(lambda: succeeds(f"{self.tracking_uri}/health"), _MLFLOW_SECONDS)

    def train(self, ensemble: Path, *options: str) -> None:
        """Run the training Job's command line, its progress on this terminal. Raises CalledProcessError."""
        command = [sys.executable, "-m", "churn_training", "train", "--ensemble", str(ensemble)]
        command += ["--output", str(self.folder / "bundles"), *options]
        subprocess.run(command, env=self.environment, check=True)

    def promote(self, model: str) -> None:
        """What the operator does on a cluster: the first challenger becomes champion."""
        challenger = self.registry.resolve(ModelReference(model, alias=CHALLENGER))
        self.registry.set_alias(challenger, CHAMPION)

    def serve(self, bundle: str, *more: str, rest_port: int | None = None, grpc_port: int | None = None) -> Serving:
        """Start the server and wait until it is ready. Raises ProcessFailed."""
        rest_port, grpc_port = rest_port or free_port(), grpc_port or free_port()
        serving = Serving(self.start_serving(bundle, rest_port, grpc_port, *more), rest_port, grpc_port)
        serving.wait_ready()
        return serving

    def start_serving(self, bundle: str, rest_port: int, grpc_port: int, *more: str) -> Process:
        """Start the server without waiting; `more` are further words of its command line."""
        options = {
            "--bundle": bundle,
            "--host": "127.0.0.1",
            "--rest-port": str(rest_port),
            "--grpc-port": str(grpc_port),
            "--metrics-port": str(free_port()),
        }
        command = [sys.executable, "-m", "churn_runtimes", "serve"]
        return self._start([*command, *(word for option in options.items() for word in option), *more], "serving")

    def _start(self, command: list[str], name: str) -> Process:
        log = self.folder / f"{name}-{len(self._processes)}.log"
        process = Process(command, log, self.environment)
        self._processes.append(process)
        return process
