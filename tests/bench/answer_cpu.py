"""CPU time of our server for one answer of one row, by how the request comes: side by side, in turns.

What clients send by default is not always plain JSON with a length: tritonclient's and kserve's tensors are binary,
and streams come in chunks.
"""

import json
import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from enum import StrEnum
from pathlib import Path
from statistics import median

import numpy as np
from bench.requests import Form, Rows, json_bodies
from bench.rig import Server
from numpy.typing import NDArray
from support.keep_alive import request

_ROUNDS = 7
CONNECTIONS = 16
_TURNS = 60
"""Of a round: every connection asks once in each."""


class Sent(StrEnum):
    """How the same row comes."""

    JSON = "JSON"
    BINARY = "binary tensors"
    CHUNKED = "JSON in chunks"


def cpu_per_answer(server: Server, rows: Rows) -> Mapping[Sent, float]:
    """Microseconds, the median of the rounds. Raises RuntimeError for an answer that is none."""
    asked = {sent: _requests(server.infer_path, rows, sent) for sent in Sent}
    found: dict[Sent, list[float]] = {sent: [] for sent in Sent}
    with ExitStack() as ends:
        address = ("127.0.0.1", server.rest_port)
        connections = [ends.enter_context(closing(socket.create_connection(address))) for _ in range(CONNECTIONS)]
        for _ in range(_ROUNDS):
            for sent in Sent:
                before = _cpu_seconds(server.process.pid)
                _ask(connections, asked[sent])
                used = _cpu_seconds(server.process.pid) - before
                found[sent].append(used / (_TURNS * CONNECTIONS) * 1e6)
    return {sent: median(rounds) for sent, rounds in found.items()}


def _ask(connections: Sequence[socket.socket], requests: Sequence[bytes]) -> None:
    for turn in range(_TURNS):
        for connection in connections:
            connection.sendall(requests[turn % len(requests)])
        for connection in connections:
            answer = connection.recv(65_536)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"answered {answer[:200]!r}")


def _requests(path: str, rows: Rows, sent: Sent) -> list[bytes]:
    if sent is Sent.BINARY:
        return [_binary(path, row) for row in rows.matrix]
    bodies = json_bodies(rows, 1, Form.MATRIX)
    return [request(path, body) if sent is Sent.JSON else _chunked(path, body) for body in bodies]


def _binary(path: str, row: NDArray[np.float32]) -> bytes:
    """As tritonclient writes it: an id, and every output as bytes."""
    content = row.astype("<f4").tobytes()
    tensor = {"name": "rows", "shape": [1, len(row)], "datatype": "FP32"}
    head = {
        "id": "",
        "parameters": {"binary_data_output": True},
        "inputs": [{**tensor, "parameters": {"binary_data_size": len(content)}}],
    }
    header = json.dumps(head).encode()
    return request(path, header + content, headers={"Inference-Header-Content-Length": str(len(header))})


def _chunked(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


def _cpu_seconds(pid: int) -> float:
    """Of all threads so far, in nanoseconds where the kernel counts them."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9
