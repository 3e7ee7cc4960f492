"""Every answer is counted once, by route and status, whichever way it leaves; and nothing else is."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

import numpy as np
import orjson
import pytest
from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import Outputs
from churn_runtimes.answer_counts import ModelName
from churn_runtimes.candidate.trial import Answering
from churn_runtimes.evaluator.asked_outputs import AskedOutputs
from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import ROWS_ON_THE_LOOP, Limits
from churn_runtimes.rest import intake
from churn_runtimes.rest.fast_path import FastPath
from prometheus_client import REGISTRY
from support.connection_server import serving
from support.keep_alive import request

PATH, OTHER, PLAIN = "/v2/models/counted/infer", "/v2/models/other/infer", "/elsewhere"
FAILS, NEVER = "/v2/models/fails/infer", "/v2/models/never/infer"
SECONDS = 15
CLOSE = {"Connection": "close"}
COMPRESSED = {**CLOSE, "Content-Encoding": "gzip"}
GARBAGE = b"\x00\x00 no HTTP\r\n\r\n"
LATE_ROWS = ROWS_ON_THE_LOOP + 2
"""So many are scored only when the test is over."""

Counts = Counter[tuple[str, ...]]
_over = threading.Event()


class _Evaluator:
    members = ()
    is_slow = False

    def evaluate(self, matrix: Any) -> tuple[Any, Any]:
        if len(matrix) == LATE_ROWS:
            _over.wait(SECONDS)
        return np.zeros(len(matrix)), np.zeros((len(matrix), 0))

    def named(self, ensemble: Any, members: Any) -> Any:
        raise AssertionError("the fast path is asked for the ensemble's scores alone")


class Case(NamedTuple):
    """What a client sends until the server closes, and what is counted then."""

    sent: bytes
    counted: Counts
    limits: Limits = Limits()
    places: int = 4
    answers: int = 1


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == FAILS:
        raise RuntimeError("broken")
    if scope["path"] == NEVER:
        await asyncio.sleep(SECONDS)
    await send({"type": "http.response.start", "status": 405 if scope["method"] == "GET" else 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


def _rows(count: int) -> bytes:
    data = [0] * (19 * count)
    return orjson.dumps({"inputs": [{"name": "rows", "shape": [count, 19], "datatype": "FP32", "data": data}]})


def _post(path: str, body: bytes = b"{}", headers: Mapping[str, str] = CLOSE) -> bytes:
    return request(path, body, headers=headers)


def _keep(path: str, body: bytes = b"{}") -> bytes:
    return request(path, body)


def _chunked(path: str, rest: bytes) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + rest


def _answered(route: str, code: int, times: int = 1) -> Counts:
    return Counter({("requests", route, str(code)): times})


def _refused(code: int, *, is_inference: bool = True) -> Counts:
    refused: Counts = Counter({("refused", str(code)): 1})
    return refused + _answered("mlserver", code) if is_inference else refused


SLOW = Limits(reading=0.5)
CASES = {
    "the fast path": Case(_post(PATH, _rows(1)), _answered("fast", 200)),
    "the fast path, twice": Case(_keep(PATH, _rows(1)) + _post(PATH, _rows(1)), _answered("fast", 200, 2), answers=2),
    "the fast path in a thread": Case(_post(PATH, _rows(1) + b" " * 20_000), _answered("fast", 200)),
    "a thread that is late": Case(_post(PATH, _rows(LATE_ROWS)), _refused(504), Limits(deadline=0.5)),
    "MLServer's app": Case(_post(OTHER), _answered("mlserver", 200)),
    "MLServer's app after the fast path": Case(_post(PATH, b"{}"), _answered("mlserver", 200)),
    "MLServer's app, a method": Case(request(OTHER, method="GET", headers=CLOSE), _answered("mlserver", 405)),
    "MLServer's app fails": Case(_post(FAILS), _answered("mlserver", 500)),
    "MLServer's app is late": Case(_post(NEVER), _refused(504), Limits(deadline=0.5)),
    "no place, small": Case(_post(OTHER), _refused(503), Limits(waiting=0.1), places=0),
    "no place, large": Case(_post(PATH, b" " * 20_000), _refused(503), places=0),
    "shed, and never ended": Case(_keep(PATH, b" " * 20_000)[:-9_000], _refused(503), SLOW, places=0),
    "too large": Case(_post(OTHER, b" " * 101), _refused(413), Limits(body=100)),
    "too large in the end": Case(_chunked(OTHER, b"66\r\n" + b" " * 102), _refused(413), Limits(body=100)),
    "compressed": Case(_post(OTHER, headers=COMPRESSED), _refused(415)),
    "no body any more, fast": Case(_chunked(PATH, b"zz\r\n"), _refused(400)),
    "no body any more, slow": Case(_chunked(OTHER, b"zz\r\n"), _refused(400)),
    "no body any more, behind another": Case(
        _keep(OTHER) + _chunked(OTHER, b"zz\r\n"), _refused(400) + _answered("mlserver", 200), answers=2
    ),
    "a slow body, fast": Case(_keep(PATH)[:-1], _refused(408), SLOW),
    "a slow body, slow": Case(_keep(OTHER)[:-1], _refused(408), SLOW),
    "a slow head": Case(b"POST /v2/models/other/infer HTTP/1.1\r\n", _refused(408, is_inference=False), SLOW),
    "no HTTP": Case(GARBAGE, _refused(400, is_inference=False)),
    "no HTTP behind an answer": Case(
        _keep(OTHER) + GARBAGE, _answered("mlserver", 200) + _refused(400, is_inference=False), answers=2
    ),
    "an endless head": Case(b"GET / HTTP/1.1\r\nX: " + b"a" * 110_000, _refused(431, is_inference=False)),
    "too much held": Case(
        _keep(OTHER) + _keep(OTHER) + _keep(OTHER, b" " * 90_000)[:-1],
        _answered("mlserver", 200, 2) + _refused(503),
        answers=3,
    ),
    "too many connections": Case(_post(OTHER), Counter({("connections",): 1}), Limits(connections=0)),
    "no inference": Case(_post(PLAIN), Counter()),
    "no inference, compressed": Case(_post(PLAIN, headers=COMPRESSED), _refused(415, is_inference=False)),
    "a probe": Case(request("/v2/health/live", method="GET", headers=CLOSE), Counter()),
}


@pytest.fixture
def fast_path(telco_schema: FeatureSchema) -> Iterator[FastPath]:
    _over.clear()
    outputs = AskedOutputs(Outputs([], None, None), cast(Evaluator, _Evaluator()))
    yield FastPath(ModelName("counted", None), telco_schema, outputs, Limits(), Answering())
    _over.set()


def _talk(url: str, sent: bytes) -> bytes:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as client:
        client.sendall(sent)
        said = b""
        while data := client.recv(65_536):
            said += data
        return said


def _counts() -> Counts:
    found: Counts = Counter()
    for family in REGISTRY.collect():
        for sample in family.samples:
            if sample.name == "churnserve_requests_total":
                found["requests", sample.labels["route"], sample.labels["code"]] += int(sample.value)
            elif sample.name == "churnserve_refused_requests_total":
                found["refused", sample.labels["status"]] += int(sample.value)
            elif sample.name == "churnserve_refused_connections_total":
                found["connections",] += int(sample.value)
    return found


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_every_answer_is_counted_once(case: Case, fast_path: FastPath, monkeypatch: pytest.MonkeyPatch) -> None:
    # One client alone can exceed it.
    monkeypatch.setattr(intake, "_HELD_BYTES", 50_000)

    async def said() -> bytes:
        async with serving({PATH.encode(): fast_path}, InFlightLimit(case.places), case.limits, _app) as url:
            said = await asyncio.to_thread(_talk, url, case.sent)
            _over.set()
            return said

    before = _counts()
    text = asyncio.run(said())
    assert (text.count(b"HTTP/1.1 "), _counts() - before) == (case.answers, case.counted)
