"""REST: client faults are 4xx with {"error": text}, and the next request on the same connection is answered."""

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from churn_models.feature_schema import FeatureSchema
from support.keep_alive import Answer, KeepAlive, request
from support.local_stack import Serving
from support.refused_requests import GENERAL, Refused, rows
from support.v2_tensors import Json, column_tensors

INFER = "/v2/models/small/infer"
GOOD = request(INFER, json.dumps({"id": "good", **rows()}).encode())


def _refused(connection: KeepAlive, sent: bytes, method: str = "POST") -> Answer:
    """The answer to a bad request, once the next good one on the same connection has been answered too."""
    answer = connection.ask(sent, method)
    assert answer.error, answer
    assert "Traceback" not in answer.error
    assert connection.ask(GOOD).status == 200
    return answer


@pytest.fixture(scope="module")
def connection(server: Serving) -> Any:
    with KeepAlive(server.rest_url) as connection:
        yield connection


def _body(case: Refused) -> bytes:
    return case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in GENERAL])
def test_bad_bodies(case: Refused, connection: KeepAlive) -> None:
    before = connection.connections
    assert _refused(connection, request(INFER, _body(case))).status in case.statuses
    assert connection.connections == max(before, 1)


@pytest.mark.parametrize("model", ["small-random-forest", "small-xgboost", "small-lightgbm", "small-catboost"])
def test_members_refuse_what_the_ensemble_refuses(model: str, connection: KeepAlive) -> None:
    answers = [(case, connection.ask(request(f"/v2/models/{model}/infer", _body(case)))) for case in GENERAL]
    wrong = {case.name: answer for case, answer in answers if answer.status not in case.statuses or not answer.error}
    assert wrong == {}
    assert connection.ask(GOOD).status == 200


def _data(name: str, value: Any, datatype: str | None = None) -> Callable[[list[Json]], list[Json]]:
    def change(tensors: list[Json]) -> list[Json]:
        return [
            {**tensor, "data": [value], "datatype": datatype or tensor["datatype"]}
            if tensor["name"] == name
            else tensor
            for tensor in tensors
        ]

    return change


def _changed(name: str, **fields: Any) -> Callable[[list[Json]], list[Json]]:
    return lambda tensors: [{**tensor, **fields} if tensor["name"] == name else tensor for tensor in tensors]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda tensors: tensors[1:], id="a column too few"),
        pytest.param(lambda tensors: [*tensors, {**tensors[0], "name": "age"}], id="a column too many"),
        pytest.param(lambda tensors: [*tensors, tensors[0]], id="a column twice"),
        pytest.param(lambda tensors: [tensors[0], *tensors[:-1]], id="a column twice, another missing"),
        pytest.param(lambda tensors: tensors[:1], id="one column alone"),
        pytest.param(_changed("tenure", shape=[2], data=[1, 2]), id="one column longer"),
        pytest.param(_changed("tenure", shape=[2]), id="data shorter than shape"),
        pytest.param(_changed("tenure", data=[1, 2]), id="data longer than shape"),
        pytest.param(_changed("tenure", shape=[1, 2], data=[1, 2]), id="a column lying down"),
        pytest.param(_changed("tenure", shape=[1, 1, 1]), id="three dimensions"),
        pytest.param(_changed("tenure", shape=[-1]), id="a negative dimension"),
        pytest.param(_changed("tenure", shape=[0], data=[]), id="one column empty"),
        pytest.param(lambda tensors: [{**it, "shape": [0], "data": []} for it in tensors], id="no rows"),
        pytest.param(_changed("tenure", shape=[]), id="no dimension"),
        pytest.param(_changed("tenure", data=1), id="a number for the data"),
        pytest.param(_changed("Contract", data="a"), id="a text for the data"),
        pytest.param(_changed("Contract", data={"a": 1}), id="an object for the data"),
        pytest.param(_changed("tenure", data=[[[1]], 2], shape=[2]), id="uneven nesting"),
        pytest.param(_data("tenure", "many"), id="a word in a numeric tensor"),
        pytest.param(_data("tenure", "12"), id="text in a numeric tensor"),
        pytest.param(_data("tenure", "many", "BYTES"), id="text that is no number"),
        pytest.param(_data("tenure", "inf", "BYTES"), id="the text inf"),
        pytest.param(_data("tenure", "1e999", "BYTES"), id="text beyond float64"),
        pytest.param(_data("tenure", True), id="a truth value in FP64"),
        pytest.param(_data("tenure", {"a": 1}), id="an object in FP64"),
        pytest.param(_data("tenure", 1e39), id="beyond float32"),
        pytest.param(_data("tenure", 1.5, "INT64"), id="a fraction in INT64"),
        pytest.param(_data("tenure", 300, "UINT8"), id="UINT8 overflow"),
        pytest.param(_data("tenure", -1, "UINT8"), id="UINT8 below zero"),
        pytest.param(_data("tenure", 128, "INT8"), id="INT8 overflow"),
        pytest.param(_data("tenure", 2**31, "INT32"), id="INT32 overflow"),
        pytest.param(_data("tenure", 2**63, "INT64"), id="INT64 overflow"),
        pytest.param(_data("tenure", 2**64, "UINT64"), id="UINT64 overflow"),
        pytest.param(_data("Contract", 1, "BYTES"), id="a number in BYTES"),
        pytest.param(_data("Contract", ["One year", "Two year"], "BYTES"), id="two categories for one row"),
        pytest.param(_data("Contract", {"b64": "T25l"}, "BYTES"), id="an object in BYTES"),
    ],
)
def test_bad_columns(
    change: Callable[[list[Json]], list[Json]],
    connection: KeepAlive,
    telco_schema: FeatureSchema,
    customers: pd.DataFrame,
) -> None:
    tensors = column_tensors(telco_schema, customers.head(1))
    assert connection.ask(request(INFER, json.dumps({"inputs": tensors}).encode())).status == 200
    assert _refused(connection, request(INFER, json.dumps({"inputs": change(tensors)}).encode())).status == 400


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "identity, gzip", "GZIP"])
def test_compressed_bodies_are_refused(encoding: str, connection: KeepAlive) -> None:
    body = json.dumps(rows()).encode()
    answer = connection.ask(request(INFER, body, headers={"Content-Encoding": encoding}))
    assert (answer.status, bool(answer.error)) == (415, True)
    assert connection.ask(GOOD).status == 200


@pytest.mark.parametrize("size", [1_000_001, 1 << 21])
@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_beyond_a_megabyte_are_refused(size: int, chunked: bool, server: Serving) -> None:
    """The connection may end then: reading on would mean taking in what was refused."""
    body = json.dumps(rows()).encode().ljust(size)
    sent = _in_chunks(body) if chunked else request(INFER, body)
    with KeepAlive(server.rest_url) as connection:
        answer = connection.ask(sent)
        assert (answer.status, bool(answer.error)) == (413, True)
        assert connection.ask(GOOD).status == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_a_megabyte_is_read(chunked: bool, server: Serving) -> None:
    body = json.dumps(rows()).encode().ljust(1_000_000)
    with KeepAlive(server.rest_url) as connection:
        assert connection.ask(_in_chunks(body) if chunked else request(INFER, body)).status == 200


def _in_chunks(body: bytes, size: int = 65_536) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    head = f"POST {INFER} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64, id="a TLS greeting"),
        pytest.param(b"churn?\r\n\r\n", id="no HTTP"),
        pytest.param(b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n", id="a length that is none"),
        pytest.param(b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(
            b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", id="two lengths"
        ),
        pytest.param(
            b"POST /v2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            id="a length beside chunks",
        ),
        pytest.param(
            b"POST /v2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="a chunk size that is none"
        ),
        pytest.param(b"GET /v2 HTTP/1.1\r\nHo st: a\r\n\r\n", id="a blank in a header's name"),
        pytest.param(b"GET /v2\x00 HTTP/1.1\r\nHost: a\r\n\r\n", id="a zero byte in the path"),
    ],
)
def test_what_is_no_http_is_refused_and_closed(sent: bytes, server: Serving) -> None:
    with KeepAlive(server.rest_url, seconds=5) as connection:
        answer = connection.ask(sent)
        assert (answer.status, bool(answer.error)) == (400, True), answer
        # It would come to the same if it were sent again.
        assert "retry-after" not in answer.headers
        assert connection.ask(GOOD).status == 200


def test_endless_headers_are_refused_and_not_to_be_sent_again(server: Serving) -> None:
    with KeepAlive(server.rest_url, seconds=5) as connection:
        answer = connection.ask(f"GET {INFER} HTTP/1.1\r\nX: ".encode() + b"a" * 110_000)
        assert (answer.status, bool(answer.error)) == (431, True), answer
        assert "retry-after" not in answer.headers


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"id":"\xc3\xbc","inputs":[NaN]}', "not JSON at byte 21; write null for a missing value"),
        (b'{"inputs":[Infinity]}', "not JSON at byte 11: unexpected character, expected a JSON value"),
        (b'{"inputs":[', "not JSON at byte 11: unexpected end of data"),
    ],
)
def test_what_is_no_json_is_told_where_and_why(body: bytes, error: str, binary: bool, connection: KeepAlive) -> None:
    headers = {"Inference-Header-Content-Length": str(len(body))} if binary else {}
    answer = connection.ask(request(INFER, body, headers=headers))
    assert (answer.status, answer.error) == (400, error)
