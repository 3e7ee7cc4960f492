"""Our server on one bundle's folder, without MLflow: what the protocol and hardening tests talk to."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from churn_models.bundle import Bundle
from support.free_port import free_port
from support.local_stack import Serving
from support.processes import Process

VERSION = "7"
"""The model version that every server started here tells its clients."""


@contextmanager
def bundle_server(bundle: Bundle, log: Path, options: Sequence[str] = (), core: int | None = None) -> Iterator[Serving]:
    """A ready server, ended with the block; on one core from its start where one is named. Raises ProcessFailed."""
    rest_port, grpc_port = free_port(), free_port()
    command = [] if core is None else ["taskset", "--cpu-list", str(core)]
    command += [sys.executable, "-m", "churn_runtimes", "serve", "--bundle", str(bundle.folder)]
    command += ["--host", "127.0.0.1", "--model-version", VERSION]
    command += ["--rest-port", str(rest_port), "--grpc-port", str(grpc_port), "--metrics-port", str(free_port())]
    command += options
    process = Process(command, log, os.environ)
    try:
        serving = Serving(process, rest_port, grpc_port)
        serving.wait_ready()
        yield serving
    finally:
        process.stop()
