"""Server, tap and sidecar as processes: every way of asking is counted, and no sidecar changes an answer."""

import json
import os
import signal
import socket
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import httpx
import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.drift.report import Report
from churn_models.drift.row_counter import RowCounter
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.tap.frame import LARGEST
from mlserver.grpc.dataplane_pb2_grpc import GRPCInferenceServiceStub
from support.bundle_server import bundle_server
from support.drift_sidecar import RunningSidecar, drift_sidecar
from support.eventually import eventually
from support.figures import record
from support.hardening.neighbour import SUFFERING
from support.keep_alive import KeepAlive, request
from support.local_stack import Serving
from support.v2_tensors import (
    binary_body,
    binary_columns,
    binary_matrix,
    column_tensors,
    grpc_columns,
    grpc_matrix,
    matrix_tensor,
)

PATH = "/v2/models/small/infer"
JSON = {"Content-Type": "application/json"}
_CYCLES, _ROUND_SECONDS = 3, 0.5


@dataclass(frozen=True)
class World:
    """A server that taps, and where its sidecars make their socket."""

    serving: Serving
    tap: Path
    bundle: Bundle
    logs: Path

    def post(self, body: bytes, headers: Mapping[str, str] = JSON, path: str = PATH) -> None:
        """One request that has to be answered."""
        answer = httpx.post(self.serving.rest_url + path, content=body, headers=dict(headers), timeout=15)
        assert answer.status_code == 200, answer.text

    def sidecar(self, name: str) -> Any:
        """Start one."""
        return drift_sidecar(self.bundle, self.tap, self.logs / f"{name}.log")


@pytest.fixture(scope="module")
def world(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("tap")
    tap = folder / "tap.sock"
    with bundle_server(bundle, folder / "server.log", ["--tap", str(tap)]) as serving:
        yield World(serving, tap, bundle, folder)


def _rest(path: str = PATH, **fields: Any) -> Callable[[World, list[Any]], None]:
    return lambda world, inputs: world.post(json.dumps({"inputs": inputs, **fields}).encode(), path=path)


def _ways(
    world: World, schema: FeatureSchema, customers: pd.DataFrame, matrix: Matrix
) -> dict[str, Callable[[], object]]:
    """Each sends the same five customers once."""
    columns, rows = column_tensors(schema, customers), [matrix_tensor(matrix)]
    stub = GRPCInferenceServiceStub(grpc.insecure_channel(world.serving.grpc_target))
    return {
        "JSON by name": lambda: _rest()(world, columns),
        "JSON matrix": lambda: _rest()(world, rows),
        "binary by name": lambda: world.post(*binary_body(binary_columns(schema, customers))),
        "binary matrix": lambda: world.post(*binary_body([binary_matrix(matrix)])),
        "MLServer's app": lambda: _rest(parameters={"nobody knows": 1})(world, columns),
        "a version by name": lambda: _rest("/v2/models/small/versions/7/infer")(world, columns),
        "contributions": lambda: _rest(parameters={"top_reasons": 2})(world, columns),
        "gRPC matrix": lambda: stub.ModelInfer(grpc_matrix("small", matrix, raw=True)),
        "gRPC by name": lambda: stub.ModelInfer(grpc_columns("small", schema, customers, raw=False)),
    }


def test_every_way_of_asking_is_counted(
    world: World, telco_schema: FeatureSchema, customers: pd.DataFrame, matrix: Matrix, scores: EnsembleScores
) -> None:
    with world.sidecar("ways") as sidecar:
        for number, (way, ask) in enumerate(_ways(world, telco_schema, customers, matrix).items(), 1):
            ask()
            said = _after(sidecar, 5 * number, way)
        counter = RowCounter(telco_schema, world.bundle.reference())
        for _ in range(number):
            counter.add(matrix, {}, scores.ensemble)
        expected = counter.counts()
        for name, counts in expected.features.items():
            assert _without_sum(said.features[name]) == _without_sum(counts), name
        assert said.scores.bins == expected.scores.bins
        assert (said.digest, said.version) == (world.bundle.digest, "7")


def test_unseen_categories_are_told_apart_from_missing_ones(
    world: World, telco_schema: FeatureSchema, customers: pd.DataFrame
) -> None:
    odd = customers.assign(Contract=pd.Series(["Weekly", None, *customers["Contract"][2:]], dtype=object))
    with world.sidecar("unseen") as sidecar:
        for fields in ({}, {"parameters": {"nobody knows": 1}}):
            world.post(json.dumps({"inputs": column_tensors(telco_schema, odd), **fields}).encode())
        said = _after(sidecar, 10, "unseen")
        counts = said.features["Contract"]
        assert not isinstance(counts, NumericCounts)
        assert (counts.unseen, counts.missing) == (2, 2)


def test_of_a_long_request_eight_rows_are_counted(world: World, matrix: Matrix) -> None:
    with world.sidecar("long") as sidecar:
        for rows in (100, 7):
            body = json.dumps({"inputs": [matrix_tensor(np.resize(matrix, (rows, matrix.shape[1])))]}).encode()
            world.post(body)
        assert _after(sidecar, 15, "a long request").rows == 15


def test_what_a_sidecar_is_asked(world: World) -> None:
    with world.sidecar("pages") as sidecar:
        assert httpx.get(f"{sidecar.url}/reference").content == (world.bundle.folder / "reference.json").read_bytes()
        assert "churn_drift_state" in httpx.get(f"{sidecar.url}/metrics").text
        assert httpx.get(f"{sidecar.url}/elsewhere").status_code == 404


def test_a_sidecar_is_small_and_ready_at_once(world: World, matrix: Matrix) -> None:
    with world.sidecar("small") as sidecar:
        _ask_often(world, matrix, 300)
        eventually(lambda: sidecar.report().rows, 10)
        httpx.get(f"{sidecar.url}/metrics")
        memory = record("drift_native_rss_mib", sidecar.peak_mebibytes(), "MiB, the native sidecar's peak", "<= 80")
        # The other processes of a busy machine take of it, too.
        record("drift_native_ready_s", sidecar.ready_seconds, "s, from its start to its first answer", "<= 2")
        assert memory.holds


def test_neither_a_stopped_nor_a_killed_sidecar_changes_an_answer(world: World, matrix: Matrix) -> None:
    expected = _ask_often(world, matrix, 1)
    with world.sidecar("stopped") as sidecar:
        _ask_often(world, matrix, 100)
        before = _after(sidecar, 800, "before it is stopped")
        sidecar.process.pause()
        assert _ask_often(world, matrix, 3000) == expected
        sidecar.process.go_on()
        eventually(lambda: _told(sidecar.report()) - _told(before) >= 8 * 3000, 20)
        after = sidecar.report()
        assert after.dropped.get("sidecar_slow", 0) > 0
        assert _told(after) - _told(before) == 8 * 3000
        os.kill(sidecar.process.pid, signal.SIGKILL)
        assert _ask_often(world, matrix, 300) == expected
    with world.sidecar("begun again") as sidecar:
        _ask_often(world, matrix, 1)
        said = eventually(lambda: _counted(sidecar, 1), 10)
        assert 0 < said.dropped["no_sidecar"] <= 8 * 300
        assert world.serving.is_ready()


def test_nor_does_one_that_reads_a_message_now_and_then(world: World, matrix: Matrix) -> None:
    expected, ends = _ask_often(world, matrix, 1), threading.Event()
    world.tap.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(world.tap))
        listener.listen()
        listener.settimeout(10)

        def read_slowly() -> None:
            with listener.accept()[0] as connection:
                while connection.recv(LARGEST) and not ends.wait(0.2):
                    pass

        reading = threading.Thread(target=read_slowly)
        reading.start()
        assert _ask_often(world, matrix, 3000) == expected
        ends.set()
        reading.join()


STATES: dict[str, Callable[[RunningSidecar], AbstractContextManager[None]]] = {
    "running": lambda sidecar: nullcontext(),
    "stopped": RunningSidecar.stopped,
    "slow": RunningSidecar.slow,
}


def test_nor_is_an_answer_later_for_any_of_these(world: World, matrix: Matrix) -> None:
    expected, rounds = _ask_often(world, matrix, 1), defaultdict[str, list[float]](list)
    # In turn, so that a busy machine is busy in all of them.
    for cycle in range(_CYCLES):
        with world.sidecar(f"cycle {cycle}") as sidecar:
            for state, during in STATES.items():
                with during(sidecar):
                    rounds[state].append(_p99(world, matrix, expected))
            os.kill(sidecar.process.pid, signal.SIGKILL)
            rounds["killed"].append(_p99(world, matrix, expected))
    p99 = {state: statistics.median(found) for state, found in rounds.items()}
    worst = max(p99.values()) / p99["running"]
    told = ", ".join(f"{state} {1000 * value:.2f} ms" for state, value in p99.items())
    record("tap_stopped_p99_ratio", worst, f"times the p99 of one that runs: {told}", "<= 1.5")
    assert worst <= SUFFERING, told


def test_without_a_tap_a_server_sends_nothing(world: World, matrix: Matrix, server: Serving) -> None:
    with world.sidecar("untapped") as sidecar:
        _ask_often(World(server, world.tap, world.bundle, world.logs), matrix, 10)
        _ask_often(world, matrix, 1)
        assert _after(sidecar, 8, "the other server").rows == 8


def _eight_rows(matrix: Matrix) -> bytes:
    return json.dumps({"inputs": [matrix_tensor(np.resize(matrix, (8, matrix.shape[1])))]}).encode()


def _p99(world: World, matrix: Matrix, expected: set[bytes]) -> float:
    """Seconds, of one client that asks again when it is answered, always the same."""
    asked, seconds = request(PATH, _eight_rows(matrix)), []
    ends = time.perf_counter() + _ROUND_SECONDS
    with KeepAlive(world.serving.rest_url) as client:
        while (began := time.perf_counter()) < ends:
            answer = client.ask(asked)
            seconds.append(time.perf_counter() - began)
            assert answer.status == 200
            assert answer.body in expected
    return statistics.quantiles(seconds, n=100)[-1]


def _ask_often(world: World, matrix: Matrix, times: int) -> set[bytes]:
    """Eight rows each time, over one connection; the bodies that came, which are all alike."""
    body = _eight_rows(matrix)
    connection = HTTPConnection(urlsplit(world.serving.rest_url).netloc, timeout=5)
    bodies = set()
    try:
        for _ in range(times):
            connection.request("POST", PATH, body, JSON)
            answer = connection.getresponse()
            bodies.add(answer.read())
            assert answer.status == 200
    finally:
        connection.close()
    assert len(bodies) == 1
    return bodies


def _after(sidecar: RunningSidecar, rows: int, what: str) -> Report:
    """What it reports once it has counted so many; exactly so many."""
    said = eventually(lambda: _counted(sidecar, rows), 10)
    assert said.rows == rows, what
    return said


def _counted(sidecar: RunningSidecar, rows: int) -> Report:
    said = sidecar.report()
    assert said.rows >= rows
    return said


def _told(report: Report) -> int:
    return report.rows + sum(report.dropped.values())


def _without_sum(counts: Any) -> dict[str, Any]:
    found: dict[str, Any] = counts.model_dump(exclude={"sum"})
    return found
