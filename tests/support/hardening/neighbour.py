"""The other client: one row, many times a second, over its own connection, while somebody abuses the server."""

import json
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from support.keep_alive import KeepAlive, request
from support.refused_requests import rows

ONE_ROW = request("/v2/models/small/infer", json.dumps({"id": "1", **rows()}).encode())

SUFFERING = 10
"""Times slower than alone: a failure whatever else the machine does. The figures' own bar is 2, on a quiet one."""

_PER_SECOND = 200
_ROUNDS = 5
ROUND_SECONDS = 0.8


@dataclass(frozen=True)
class Comparison:
    """Medians of the rounds' p99, in seconds."""

    calm: float
    abused: float

    @property
    def ratio(self) -> float:
        """How many times slower the slowest hundredth was."""
        return self.abused / self.calm


class Neighbour:
    """Sends one request, which must be answered with 200 always."""

    def __init__(self, url: str, asked: bytes) -> None:
        self._connection = KeepAlive(url)
        self._request = asked
        # Connected before any abuse begins.
        assert self._connection.ask(asked).status == 200

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def compare(self, abuse: Callable[[], AbstractContextManager[object]]) -> Comparison:
        """Rounds without and with the abuse in turn, so that a busy machine is busy in both."""
        calm, abused = [], []
        for _ in range(_ROUNDS):
            calm.append(self.p99())
            with abuse():
                abused.append(self.p99())
        return Comparison(statistics.median(calm), statistics.median(abused))

    def p99(self) -> float:
        """Of one round, in seconds."""
        seconds = []
        began = time.perf_counter()
        while (now := time.perf_counter()) - began < ROUND_SECONDS:
            answer = self._connection.ask(self._request)
            assert answer.status == 200, answer
            seconds.append(time.perf_counter() - now)
            time.sleep(max(0.0, 1 / _PER_SECOND - seconds[-1]))
        return statistics.quantiles(seconds, n=100)[-1]
