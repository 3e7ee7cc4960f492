"""Neither memory nor the number of metrics grows with requests, unknown words, unknown names or unknown paths."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from support.bundle_server import bundle_server
from support.free_port import free_port
from support.hardening.memory import MemoryGrowth
from support.v2_tensors import column_tensors

WARM_UP = 300
REQUESTS = 500
"""Of each kind."""

GROWTH_MIB = 10

Ask = tuple[str, str, bytes | None]


@pytest.fixture
def server(bundle: Bundle, tmp_path: Path) -> Iterator[tuple[str, int, str]]:
    port = free_port()
    with bundle_server(bundle, tmp_path / "server.log", ["--metrics-port", str(port)]) as serving:
        yield serving.rest_url, serving.process.pid, f"http://127.0.0.1:{port}/metrics"


@pytest.mark.case("38-memory-under-load")
def test_memory_and_metrics_stay_flat(
    server: tuple[str, int, str], telco_schema: FeatureSchema, customers: pd.DataFrame
) -> None:
    url, pid, metrics = server
    kinds = _kinds(telco_schema, customers)
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=30)) as connection:
        for name, (_, make) in kinds.items():
            _ask(connection, [make(f"warm-{name}-{number}") for number in range(WARM_UP)])
        growth, series = MemoryGrowth(pid), _series(metrics)
        for name, (status, make) in kinds.items():
            assert _ask(connection, [make(f"{name}-{number}") for number in range(REQUESTS)]) == {status}, name
        assert _series(metrics) == series
    assert growth.mebibytes() <= GROWTH_MIB


def _kinds(schema: FeatureSchema, customers: pd.DataFrame) -> dict[str, tuple[int, Callable[[str], Ask]]]:
    """The status that each kind is answered with, and how one is made of a word that is new."""

    def body(word: str, rows: int = 1, **fields: Any) -> bytes:
        asked = pd.concat([customers.head(1)] * rows).assign(Contract=word, **fields)
        return json.dumps({"id": word, "inputs": column_tensors(schema, asked)}).encode()

    one, hundred = body("WORD"), body("WORD", rows=100)
    wrong = one.replace(b'"FP64"', b'"BYTES"').replace(b'"FP32"', b'"BYTES"')

    def post(path: str, sample: bytes = one) -> Callable[[str], Ask]:
        return lambda word: ("POST", path.format(word=word), sample.replace(b"WORD", word.encode()))

    return {
        "unknown words": (200, post("/v2/models/small/infer")),
        "a hundred rows": (200, post("/v2/models/small/infer", hundred)),
        "a member": (200, post("/v2/models/small-lightgbm/infer")),
        "bad values": (400, post("/v2/models/small/infer", wrong)),
        "no such model": (404, post("/v2/models/{word}/infer")),
        "no such version": (404, post("/v2/models/small/versions/{word}/infer")),
        "no such path": (404, lambda word: ("GET", f"/{word}/{word}", None)),
    }


def _ask(connection: HTTPConnection, asks: list[Ask]) -> set[int]:
    statuses = set()
    for method, path, body in asks:
        connection.request(method, path.replace(" ", "-"), body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        statuses.add(answer.status)
    return statuses


def _series(url: str) -> int:
    return len(httpx.get(url, timeout=30).text.splitlines())
