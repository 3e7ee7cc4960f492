"""The socket that the server's tap connects to: whole messages, one after another, from each server that comes."""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from churn_runtimes.tap.frame import LARGEST

logger = logging.getLogger(__name__)

_SERVERS = 8
"""One, and what is left of it for a moment after it has begun again."""


class TapSocket:
    """Gives each message to `take`, on the event loop."""

    def __init__(self, path: Path, take: Callable[[bytes], None]) -> None:
        self._take = take
        path.unlink(missing_ok=True)  # of the process before this one
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.setblocking(False)
        self._listener.bind(str(path))
        self._listener.listen(_SERVERS)

    async def serve(self) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        with self._listener:
            async with asyncio.TaskGroup() as servers:
                while True:
                    connection, _ = await loop.sock_accept(self._listener)
                    servers.create_task(self._read(connection))

    async def _read(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        with connection, suppress(OSError):
            while content := await loop.sock_recv(connection, LARGEST):
                try:
                    self._take(content)
                except Exception:
                    logger.exception("a message of the tap's was not counted")
                # What is there already is read without waiting: whoever asks by HTTP has a turn between.
                await asyncio.sleep(0)
