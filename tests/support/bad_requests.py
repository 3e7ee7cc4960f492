"""Requests that differ from good ones in a few random places: in the JSON, the bytes, the headers, the path.

Seeded, so that a failing one can be made again by its number. Some come out good by chance.
"""

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

from support.keep_alive import request
from support.refused_requests import GENERAL
from support.v2_tensors import HEADER_LENGTH, Json

_VALUES: list[Any] = [
    *[
        None,
        True,
        False,
        0,
        -1,
        1,
        2,
        1.5,
        1e39,
        2**31,
        2**63,
        2**64,
        10**400,
        -0.0,
        1e-400,
        float("nan"),
        float("inf"),
    ],
    *["", "a", "1", "FP32", "BYTES", "INT8", "\ud800", "\x00", "ü€𝄞", "x" * 1000, [], {}, [[]], [None], [[1], [2, 3]]],
    *[{"a": 1}, {"binary_data_size": 4}, {"binary_data": True}, {"binary_data_output": True}, {"content_type": "pd"}],
]
_FRAGMENTS = [b"", b"\x00", b"\xff\xfe", b"{", b"}", b"[", b"]", b'"', b",", b":", b"NaN", b"1e999", b"null", b"\\u"]
_CONTENT_TYPES = [
    "application/octet-stream",
    "text/plain",
    "application/xml",
    "multipart/form-data",
    "",
    "/",
    "a" * 300,
]
_PATHS = [
    "/v2/models/small/infer?a=1",
    "/v2/models//infer",
    "/v2/models/small/versions//infer",
    "/v2//models/small/infer",
]
_PATHS += ["/v2/models/small%00/infer", "/v2/models/%ff/infer", "/v2/models/../small/infer", "/v2/models/small/infer/"]
_PATHS += ["/v2/models/small/generate", "/v2/models/small/infer_stream", "/" + "a" * 5000, "/v2/repository/index", "*"]
_METHODS = ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW", "post"]


class BadRequests:
    """Makes requests from good ones: `json_bodies` and binary `(body, headers)` for the model at `path`."""

    def __init__(self, path: str, json_bodies: Sequence[Json], binary: Sequence[tuple[bytes, dict[str, str]]]) -> None:
        self._path = path
        self._json_bodies = json_bodies
        self._binary = binary
        self._kinds: list[Callable[[Random], tuple[str, bytes]]] = [
            *[self._changed_json] * 8,
            *[self._changed_text] * 4,
            *[self._changed_binary] * 4,
            *[self._changed_headers] * 2,
            *[self._changed_line, self._random_bytes, self._listed],
        ]

    def make(self, number: int) -> tuple[str, bytes]:
        """The method and the bytes of one request."""
        random = Random(number)
        return random.choice(self._kinds)(random)

    def _changed_json(self, random: Random) -> tuple[str, bytes]:
        body = json.loads(json.dumps(random.choice(self._json_bodies)))
        for _ in range(random.randint(1, 3)):
            _change_node(random, body)
        return "POST", request(self._path, json.dumps(body).encode())

    def _changed_text(self, random: Random) -> tuple[str, bytes]:
        body = json.dumps(random.choice(self._json_bodies)).encode()
        return "POST", request(self._path, _change_bytes(random, body))

    def _changed_binary(self, random: Random) -> tuple[str, bytes]:
        body, headers = random.choice(self._binary)
        length = int(headers[HEADER_LENGTH])
        head, data = body[:length], body[length:]
        if random.random() < 0.5:
            parsed = json.loads(head)
            _change_node(random, parsed)
            head = json.dumps(parsed).encode()
        if random.random() < 0.5:
            data = _change_bytes(random, data)
        claimed: Any = len(head) if random.random() < 0.7 else random.choice([0, -1, 1, len(head) + 1, 2**70, "a", ""])
        return "POST", request(self._path, head + data, headers={**headers, HEADER_LENGTH: str(claimed)})

    def _changed_headers(self, random: Random) -> tuple[str, bytes]:
        body = json.dumps(random.choice(self._json_bodies)).encode()
        odd = random.choice(
            [
                {"Content-Type": random.choice(_CONTENT_TYPES)},
                {"Content-Encoding": random.choice(["gzip", "br", "deflate", "identity", "x", ""])},
                {HEADER_LENGTH: random.choice(["0", "1", "-1", "a", "99999999999999999999", str(len(body)), "1,2"])},
                {"Accept": random.choice(["text/html", "application/octet-stream", "*/*;q=0", "\xff"])},
                {"Accept-Encoding": random.choice(["gzip", "br", "identity;q=0", "*"])},
                {"Expect": "200-nothing"},
                {f"X-{'a' * random.randint(1, 2000)}": "b" * random.randint(0, 4000)},
            ]
        )
        return "POST", request(self._path, body, headers=odd)

    def _changed_line(self, random: Random) -> tuple[str, bytes]:
        body = json.dumps(random.choice(self._json_bodies)).encode()
        if random.random() < 0.5:
            return "POST", request(random.choice(_PATHS), body)
        method = random.choice(_METHODS)
        return method, request(self._path, body, method)

    def _random_bytes(self, random: Random) -> tuple[str, bytes]:
        return "POST", request(self._path, random.randbytes(random.randint(0, 400)))

    def _listed(self, random: Random) -> tuple[str, bytes]:
        case = random.choice(GENERAL)
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
        return "POST", request(self._path, body)


def _change_node(random: Random, root: Json) -> None:
    """Replace, remove, double or add one value somewhere in a JSON tree, in place."""
    holder = random.choice(_containers(root, []))
    keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    if not keys or random.random() < 0.1:
        _add(holder, deepcopy(random.choice(_VALUES)))
        return
    key = random.choice(keys)
    kind = random.random()
    if kind < 0.6:
        holder[key] = deepcopy(random.choice(_VALUES))
    elif kind < 0.8:
        del holder[key]
    else:
        _add(holder, deepcopy(holder[key]))


def _add(holder: Any, value: Any) -> None:
    if isinstance(holder, dict):
        holder["vendor"] = value
    else:
        holder.append(value)


def _containers(node: Any, found: list[Any]) -> list[Any]:
    """The tree's lists and objects; the outer ones twice, since there are so few of them."""
    if isinstance(node, dict):
        found += [node, node]
        for value in node.values():
            _containers(value, found)
    elif isinstance(node, list):
        found.append(node)
        for value in node[:50]:
            _containers(value, found)
    return found


def _change_bytes(random: Random, data: bytes) -> bytes:
    """Cut, flip, double or insert at one to three random places."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 3)):
        place = random.randint(0, len(changed))
        kind = random.random()
        if kind < 0.2:
            del changed[place:]
        elif kind < 0.4:
            del changed[place : place + random.randint(1, 8)]
        elif kind < 0.6 and place < len(changed):
            changed[place] = random.randint(0, 255)
        elif kind < 0.8:
            changed[place:place] = random.choice(_FRAGMENTS)
        else:
            changed[place:place] = changed[max(0, place - 20) : place]
    return bytes(changed)
