"""Who takes part: each server with its settings in one sentence, its environment, and how it is started."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bench.bench_bundle import MODEL
from bench.environments import Environment
from bench.names import Name
from bench.rig import Rig, Server, two_ports
from churn_models.bundle import Bundle
from support.free_port import free_port

_QUIET = {"debug": False, "parallel_workers": 0, "host": "127.0.0.1", "load_models_at_startup": True}
_BATCHES = {"max_batch_size": 32, "max_batch_time": 0.005}


@dataclass(frozen=True)
class Contender:
    """`exact` when its scores must be training's; `start` gives control back before it is ready."""

    name: Name
    about: str
    environment: Environment
    start: Callable[[Rig], Server]
    exact: bool = True


def contenders(bundle: Bundle, n_jobs: int | None) -> list[Contender]:
    """Every server, ours last; `n_jobs` is the stock forest's best one."""
    stock = {"parameters": {"extra": {"n_jobs": n_jobs}}}
    return [
        Contender(
            Name.STOCK,
            f"stock MLServer, three stock libraries in a custom runtime; n_jobs={n_jobs}, debug off, no workers",
            Environment.MLSERVER,
            partial(_mlserver, "stock", "stock_ensemble.StockEnsemble", stock),
        ),
        Contender(
            Name.STOCK_BATCHING,
            "the same with adaptive batching: max_batch_size 32, max_batch_time 5 ms",
            Environment.MLSERVER,
            partial(_mlserver, "stock-batching", "stock_ensemble.StockEnsemble", {**stock, **_BATCHES}),
        ),
        Contender(
            Name.FAN_OUT,
            "MLServer orchestrator asks three MLServers at once over pooled V2 REST; every member on our evaluator",
            Environment.MLSERVER,
            partial(_fan_out, [member.name for member in bundle.manifest.members]),
        ),
        Contender(
            Name.ONNX_RUNTIME,
            "stock MLServer, three ONNX Runtime sessions of one thread in a custom runtime; debug off, no workers",
            Environment.MLSERVER,
            partial(_mlserver, "onnx-runtime", "onnx_runtime.OnnxEnsemble", {}),
            exact=False,
        ),
        Contender(
            Name.MLSERVER,
            "stock MLServer, our evaluator in a custom runtime; its own REST and gRPC servers, debug off, no workers",
            Environment.MLSERVER,
            partial(_mlserver, "mlserver-evaluator", "evaluator_ensemble.EvaluatorEnsemble", {}),
        ),
        Contender(
            Name.FASTAPI,
            "our evaluator behind uvicorn with uvloop and httptools, pydantic request, orjson answer, no access log",
            Environment.FASTAPI,
            _fastapi,
        ),
        Contender(
            Name.KSERVE,
            "our evaluator in KServe's Python ModelServer, one worker, its log lines per request off",
            Environment.KSERVE,
            _kserve,
        ),
        Contender(Name.OURS, "python -m churn_runtimes serve, as shipped", Environment.OURS, _ours),
    ]


def static_answer(rig: Rig) -> Server:
    """Not a contender: a fixed answer, to know what the generators can do."""
    port = free_port()
    arguments = ["-m", "bench.peers.static_answer", str(port)]
    return rig.start("static-answer", Environment.OURS, arguments, (port, None))


def _mlserver(name: str, runtime: str, settings: dict[str, Any], rig: Rig) -> Server:
    folder = rig.folder / name
    folder.mkdir()
    rest, grpc = two_ports()
    ports = {"http_port": rest, "grpc_port": grpc, "metrics_port": free_port()}
    (folder / "settings.json").write_text(json.dumps({**_QUIET, **ports}), encoding="utf-8")
    parameters = {"uri": str(rig.bundle.folder.resolve()), **settings.get("parameters", {})}
    described = {**settings, "name": MODEL, "implementation": f"bench.peers.{runtime}", "parameters": parameters}
    (folder / "model-settings.json").write_text(json.dumps(described), encoding="utf-8")
    return rig.start(name, Environment.MLSERVER, ["-m", "mlserver.cli.main", "start", str(folder)], (rest, grpc))


def _fan_out(members: list[str], rig: Rig) -> Server:
    runtime = "evaluator_ensemble.EvaluatorMember"
    servers = [_mlserver(member, runtime, {"parameters": {"extra": {"member": member}}}, rig) for member in members]
    for server in servers:
        server.wait()
    addresses = [server.infer_url for server in servers]
    server = _mlserver("fan-out", "fan_out.FanOut", {"parameters": {"extra": {"members": addresses}}}, rig)
    return replace(server, asks=tuple(member.process for member in servers))


def _fastapi(rig: Rig) -> Server:
    port = free_port()
    arguments = ["-m", "bench.peers.fastapi_service", str(rig.bundle.folder), str(port)]
    return rig.start("fastapi", Environment.FASTAPI, arguments, (port, None))


def _kserve(rig: Rig) -> Server:
    rest, grpc = two_ports()
    arguments = ["-m", "bench.peers.kserve_server", str(rig.bundle.folder), str(rest), str(grpc)]
    return rig.start("kserve", Environment.KSERVE, arguments, (rest, grpc))


def _ours(rig: Rig) -> Server:
    return ours(rig, "ours", {"--metrics-port": free_port()})


def ours(rig: Rig, name: str, more: Mapping[str, str | int]) -> Server:
    """Our server with these options beside its other ports."""
    rest, grpc = two_ports()
    options = {"--host": "127.0.0.1", "--rest-port": rest, "--grpc-port": grpc, **more}
    arguments = ["-m", "churn_runtimes", "serve", "--bundle", str(rig.bundle.folder), "--name", MODEL]
    arguments += [str(word) for option in options.items() for word in option]
    return rig.start(name, Environment.OURS, arguments, (rest, grpc))
