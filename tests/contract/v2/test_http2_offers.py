"""Clients that offer HTTP/2 with their first request, its body included: they are answered over HTTP/1.1."""

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from churn_models.encoding import Matrix
from support.debian_package import installed
from support.figures import record
from support.keep_alive import KeepAlive, request
from support.local_stack import Serving

PATH = "/v2/models/small/infer"
OFFER = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABk"}
CLIENT = Path("tests/contract/v2/clients/AskByJdk.java")
SECONDS = 120


@pytest.fixture
def body(matrix: Matrix) -> bytes:
    whole = np.nan_to_num(matrix)
    tensor = {"name": "rows", "shape": list(whole.shape), "datatype": "FP32", "data": whole.ravel().tolist()}
    return json.dumps({"id": "offered", "inputs": [tensor]}).encode()


@pytest.fixture
def wanted(rest: httpx.Client, body: bytes) -> Any:
    return rest.post(PATH, content=body).json()


def _run(*command: str) -> str:
    ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout


def test_the_jdks_client(server: Serving, body: bytes, wanted: Any, tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_bytes(body)
    java = installed("java", "default-jdk-headless")
    said = _run(java, str(CLIENT), server.rest_url + PATH, str(file))
    answers = [line.split(" ", 2) for line in said.splitlines()]
    good = [answer[:2] == ["HTTP_1_1", "200"] and json.loads(answer[2]) == wanted for answer in answers]
    figure = record("java_client_ok", float(good == [True] * 3), "with HTTP/2 offered: known length, chunks", ">= 1")
    assert figure.holds, answers


def test_curl(server: Serving, body: bytes, wanted: Any) -> None:
    said = _run(
        "curl",
        "--silent",
        "--http2",
        "--write-out",
        "\n%{http_version} %{response_code}",
        "--data-binary",
        body.decode(),
        server.rest_url + PATH,
    )
    answer, _, rest = said.rpartition("\n")
    assert (json.loads(answer), rest) == (wanted, "1.1 200")


def _bodies(server: Serving, *pieces: bytes) -> list[Any]:
    """Of all answers on one connection until the server closes it."""
    host, port = server.rest_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    return [json.loads(answer.partition(b"\r\n\r\n")[2]) for answer in received.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize("split", [1, 30, 180, 250])
def test_an_offer_in_two_pieces_and_what_follows_it(split: int, server: Serving, body: bytes, wanted: Any) -> None:
    asked = request(PATH, body, headers=OFFER)
    last = request("/v2/health/live", method="GET", headers={**OFFER, "Connection": "close, upgrade"})
    assert _bodies(server, asked[:split], asked[split:] + asked + last) == [wanted, wanted, {"live": True}]


def test_another_protocols_offer(server: Serving, body: bytes, wanted: Any) -> None:
    with KeepAlive(server.rest_url) as connection:
        offer = {"Connection": "upgrade", "Upgrade": "websocket"}
        assert connection.ask(request(PATH, body, headers=offer)).json() == wanted
        last = connection.ask(request(PATH, body, headers={**offer, "Connection": "close, upgrade"}))
        assert (last.json(), last.headers["connection"]) == (wanted, "close")
