"""Takes new connections: a few in each turn of the loop.

libuv takes one connection a turn (since 1.45, libuv#3696), so hundreds that come at once, and a probe behind them,
would wait for as many turns. All of them in one turn would make the connections that are there already wait instead.
"""

import asyncio
import logging
import socket
from collections.abc import Callable

_AT_ONCE = 8
"""One takes 0.1 ms: a new connection costs its turn a tenth of what requests may take of it, at most."""
_PAUSE_SECONDS = 0.1
"""When the process has no file left for another connection, as libuv waits then."""

logger = logging.getLogger(__name__)


class Acceptor:
    """Makes a protocol for each connection to a listening socket; to be made on the running loop."""

    def __init__(self, listener: socket.socket, make: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[object]] = set()
        self._is_closed = False
        listener.setblocking(False)
        self._listen()

    def close(self) -> None:
        """Take no more; the socket stays the caller's."""
        if not self._is_closed:
            self._is_closed = True
            self._loop.remove_reader(self._listener.fileno())

    def _listen(self) -> None:
        if not self._is_closed:
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                logger.error("no more connections for %s s: %s", _PAUSE_SECONDS, error)
                self._loop.remove_reader(self._listener.fileno())
                self._loop.call_later(_PAUSE_SECONDS, self._listen)
                return
            task = self._loop.create_task(self._open(connection))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self, connection: socket.socket) -> object:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return await self._loop.connect_accepted_socket(self._make, connection)
        except OSError:  # the client has gone already
            connection.close()
            return None
