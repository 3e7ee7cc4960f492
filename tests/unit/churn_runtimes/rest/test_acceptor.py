"""Hundreds of connections that come at once are opened over many turns of the loop, between which others are served."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import pairwise

import pytest
import uvloop
from churn_runtimes.rest.acceptor import Acceptor

CONNECTIONS = 200
MOST_PER_TURN = 16
"""Of those that are opened between two turns of somebody else; all at once made others wait for 10 ms and more."""


class _Opened(asyncio.Protocol):
    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        _Opened.count += 1
        transport.abort()  # type: ignore[attr-defined]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS) as listener, ExitStack() as clients:
        for _ in range(CONNECTIONS):
            clients.enter_context(closing(socket.create_connection(listener.getsockname())))
        yield listener


def test_many_at_once_are_opened_a_few_in_a_turn(listener: socket.socket) -> None:
    async def opened_per_turn() -> list[int]:
        acceptor = Acceptor(listener, _Opened)
        counts = [0]
        while counts[-1] < CONNECTIONS:
            await asyncio.sleep(0)
            counts.append(_Opened.count)
        acceptor.close()
        return [after - before for before, after in pairwise(counts)]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        per_turn = runner.run(opened_per_turn())
    assert max(per_turn) <= MOST_PER_TURN
