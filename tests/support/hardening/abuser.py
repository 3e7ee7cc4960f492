"""One kind of abuse as a process of its own.

Prints one line of JSON when it ends: `python -m support.hardening.abuser <kind> <url> <seconds>`.
"""

import gzip
import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import chain, repeat

from support.hardening.ahead import behind

_INFER = "/v2/models/small/infer"
_PAUSE = 0.05
_END_SECONDS = 60
_PIECE = b"x" * 65_536


@dataclass
class Abuse:
    """What one abuser did and saw."""

    requests: int = 0
    most_sent: int = 0
    """Bytes of the request that the server let in furthest."""
    statuses: list[int] = field(default_factory=list)
    """Of the answers; 0 where the server only closed the connection."""


def _head(*headers: str) -> bytes:
    return "\r\n".join(
        [f"POST {_INFER} HTTP/1.1", "Host: a", "Content-Type: application/json", *headers, "", ""]
    ).encode()


def _gzip_bomb() -> Iterator[bytes]:
    """2 MB that expand to 2 GB."""
    member = gzip.compress(bytes(16 << 20))
    body = member * (2_000_000 // len(member))
    return iter([_head("Content-Encoding: gzip", f"Content-Length: {len(body)}"), body])


def _long_body() -> Iterator[bytes]:
    """1 GB that says so."""
    return chain([_head(f"Content-Length: {1 << 30}")], repeat(_PIECE, (1 << 30) // len(_PIECE)))


def _long_chunks() -> Iterator[bytes]:
    """1 GB that does not say so."""
    chunk = b"%x\r\n%s\r\n" % (len(_PIECE), _PIECE)
    return chain([_head("Transfer-Encoding: chunked")], repeat(chunk, (1 << 30) // len(_PIECE)))


def _many_headers() -> Iterator[bytes]:
    """1 GB of headers."""
    start = f"POST {_INFER} HTTP/1.1\r\nHost: a\r\n".encode()
    return chain([start], repeat((b"X-Header: " + b"y" * 1000 + b"\r\n") * 64, 16_384))


def _long_header() -> Iterator[bytes]:
    """One header of 1 GB."""
    start = f"POST {_INFER} HTTP/1.1\r\nHost: a\r\nX-Header: ".encode()
    return chain([start], repeat(_PIECE, (1 << 30) // len(_PIECE)))


KINDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "gzip bomb": _gzip_bomb,
    "long body": _long_body,
    "long chunks": _long_chunks,
    "many headers": _many_headers,
    "long header": _long_header,
}


def _send(address: tuple[str, int], pieces: Iterator[bytes]) -> tuple[int, int]:
    """Send until the server answers or closes: bytes sent, and the status, 0 without one."""
    sent = 0
    with socket.create_connection(address, timeout=10) as connection, selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        with suppress(OSError):
            for piece in pieces:
                if selector.select(0):
                    break
                connection.sendall(piece)
                sent += len(piece)
        with suppress(OSError):
            words = connection.recv(4096).split(b" ", 2)
            return sent, int(words[1]) if len(words) > 1 else 0
    return sent, 0


def _abuse(pieces: Callable[[], Iterator[bytes]], url: str, seconds: float) -> Abuse:
    host, _, port = url.removeprefix("http://").partition(":")
    abuse = Abuse()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sent, status = _send((host, int(port)), pieces())
        abuse.requests += 1
        abuse.most_sent = max(abuse.most_sent, sent)
        abuse.statuses.append(status)
        time.sleep(_PAUSE)
    return abuse


@contextmanager
def abuser(kind: str, url: str, seconds: float, results: list[Abuse]) -> Iterator[None]:
    """Abuse for so long, beside the block, which waits for its end; what was seen goes to `results`."""
    command = [sys.executable, "-m", "support.hardening.abuser", kind, url, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        yield
        results.append(Abuse(**json.loads(process.communicate(timeout=_END_SECONDS)[0])))


def _main(kind: str, url: str, seconds: str) -> None:
    behind()
    pieces = KINDS[kind]
    if kind == "gzip bomb":
        # Packing takes longer than sending.
        packed = list(pieces())
        pieces = partial(iter, packed)
    print("ready", flush=True)
    print(json.dumps(asdict(_abuse(pieces, url, float(seconds)))))


if __name__ == "__main__":
    _main(*sys.argv[1:])
