"""Who takes part in the rates, and the command that starts each."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from bench.environments import Environment
from bench.rig import SERVER_CORE, on_core, peer_environment, two_ports
from churn_models.bundle import Bundle
from churn_runtimes.stream.settings import Delivery
from support.free_port import free_port
from support.processes import Process

MODEL = "telco"
DEAD = "dead"
"""The dead letters' topic."""


class Contender(StrEnum):
    """One worker, by the name that the tables show."""

    OURS = "ours, at least once"
    OURS_ONCE = "ours, exactly once"
    QUIX = "Quix Streams, rows by tables of its own"
    QUIX_ENCODE = "Quix Streams, rows by the public encoding"
    MLSERVER = "MLServer's Kafka mode"
    MLSERVER_ENCODED = "the same, rows encoded beforehand"


OF_REQUESTS = (Contender.MLSERVER, Contender.MLSERVER_ENCODED)
"""Who reads V2 requests, and only those that come once he listens."""


@dataclass(frozen=True)
class Place:
    """Where a worker of `bundle` reads, writes and keeps its files; its group has the name of its output."""

    bundle: Bundle
    brokers: str
    input: str
    output: str
    folder: Path


def start(contender: Contender, place: Place) -> Process:
    """Its process, on the servers' core, without waiting."""
    place.folder.mkdir(parents=True)
    environment, arguments = _COMMANDS[contender](place)
    command = [*on_core(SERVER_CORE), str(environment.python), *arguments]
    return Process(command, place.folder / "worker.log", peer_environment())


def our_arguments(place: Place, delivery: Delivery, *more: str) -> list[str]:
    """Of the interpreter."""
    arguments = ["-m", "churn_runtimes", "stream", "--bundle", str(place.bundle.folder), "--brokers", place.brokers]
    arguments += ["--input", place.input, "--output", place.output, "--dead-letter", DEAD, "--group", place.output]
    arguments += ["--host", "127.0.0.1", "--metrics-port", str(free_port()), "--delivery", delivery]
    if delivery is Delivery.EXACTLY_ONCE:
        arguments += ["--transactional-id", f"{place.output}-0"]
    return [*arguments, *more]


def _quix(reading: str, place: Place) -> tuple[Environment, list[str]]:
    arguments = ["-m", "bench.peers.quix_stream", str(place.bundle.folder), place.brokers, place.input, place.output]
    return Environment.QUIX, [*arguments, str(place.folder / "state"), reading]


def _mlserver(runtime: str, place: Place) -> tuple[Environment, list[str]]:
    rest, grpc = two_ports()
    settings = {"debug": False, "parallel_workers": 0, "host": "127.0.0.1", "load_models_at_startup": True}
    settings |= {"http_port": rest, "grpc_port": grpc, "metrics_port": free_port()}
    # It writes a line for every message otherwise.
    quiet = {"version": 1, "disable_existing_loggers": False, "loggers": {"mlserver.kafka": {"level": "WARNING"}}}
    settings |= {"logging_settings": quiet, "kafka_enabled": True, "kafka_servers": place.brokers}
    settings |= {"kafka_topic_input": place.input, "kafka_topic_output": place.output}
    (place.folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    parameters = {"uri": str(place.bundle.folder.resolve())}
    described = {"name": MODEL, "implementation": f"bench.peers.evaluator_ensemble.{runtime}"}
    (place.folder / "model-settings.json").write_text(
        json.dumps({**described, "parameters": parameters}), encoding="utf-8"
    )
    return Environment.MLSERVER, ["-m", "mlserver.cli.main", "start", str(place.folder)]


_COMMANDS: dict[Contender, Callable[[Place], tuple[Environment, list[str]]]] = {
    Contender.OURS: lambda place: (Environment.OURS, our_arguments(place, Delivery.AT_LEAST_ONCE)),
    Contender.OURS_ONCE: lambda place: (Environment.OURS, our_arguments(place, Delivery.EXACTLY_ONCE)),
    Contender.QUIX: partial(_quix, "tables"),
    Contender.QUIX_ENCODE: partial(_quix, "encode"),
    Contender.MLSERVER: partial(_mlserver, "EvaluatorCustomers"),
    Contender.MLSERVER_ENCODED: partial(_mlserver, "EvaluatorEnsemble"),
}
