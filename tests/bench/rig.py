"""Server processes on core 0: started, waited for, ended. Everything else of the bench keeps to core 1."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.bench_bundle import MODEL
from bench.environments import Environment
from churn_models.bundle import Bundle
from support.free_port import free_port
from support.probe import succeeds
from support.processes import Process

SERVER_CORE, LOAD_CORE = 0, 1
_ROOT = Path(__file__).parents[2]
_READY_SECONDS = 180
_SETTLE_SECONDS = 0.5


@dataclass(frozen=True)
class Server:
    """One that runs; `grpc_port` is None where it speaks REST alone."""

    process: Process
    rest_port: int
    grpc_port: int | None
    asks: tuple[Process, ...] = ()
    """Other servers without which it cannot answer."""

    @property
    def infer_path(self) -> str:
        """Of the ensemble."""
        return f"/v2/models/{MODEL}/infer"

    @property
    def infer_url(self) -> str:
        """Of the ensemble."""
        return f"http://127.0.0.1:{self.rest_port}{self.infer_path}"

    def wait(self) -> None:
        """Until the ensemble is ready. Raises ProcessFailed."""
        ready = f"http://127.0.0.1:{self.rest_port}/v2/models/{MODEL}/ready"
        self.process.wait_until(lambda: succeeds(ready), _READY_SECONDS)


class Rig:
    """Start with `with Rig(folder, bundle) as rig`; it ends what it started."""

    def __init__(self, folder: Path, bundle: Bundle) -> None:
        self.folder = folder
        self.bundle = bundle
        self._ends = ExitStack()
        self._processes: list[Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ends.close()

    def start(self, name: str, environment: Environment, arguments: list[str], ports: tuple[int, int | None]) -> Server:
        """Start a Python server on its core, without waiting."""
        command = [*on_core(SERVER_CORE), str(environment.python), *arguments]
        process = Process(command, self.folder / f"{name}.log", peer_environment())
        self._ends.callback(process.stop)
        self._processes.append(process)
        return Server(process, *ports)

    @contextmanager
    def alone(self, server: Server) -> Iterator[None]:
        """All other servers stand still meanwhile: on one core even what they do while nobody asks is noise."""
        others = [process for process in self._processes if process not in (server.process, *server.asks)]
        for process in others:
            process.pause()
        if server.asks:
            # They were stopped in the middle of an answer, and close the connections that were idle meanwhile.
            time.sleep(_SETTLE_SECONDS)
        try:
            yield
        finally:
            for process in others:
                process.go_on()


def on_core(core: int) -> list[str]:
    """What to put before a command: taskset, which leaves no process in between."""
    return ["taskset", "--cpu-list", str(core)]


def two_ports() -> tuple[int, int]:
    """For REST and gRPC."""
    return free_port(), free_port()


def peer_environment() -> Mapping[str, str]:
    """Where a peer's interpreter finds the peer's file, the bundle's reader and our evaluator."""
    sources = (_ROOT / "tests", _ROOT / "models" / "src", _ROOT / "runtimes" / "src")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources))}
