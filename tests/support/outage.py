"""How an API server, or what stands before it, can be away: the fault proxy plays it for a while."""

import asyncio
import socket
import struct
from enum import StrEnum

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Outage(StrEnum):
    """What becomes of every connection, those that are open and those that come."""

    REFUSED = "refused"  # the port is closed
    RESET = "reset"  # accepted, then reset
    HANGS = "hangs"  # accepted, never answered; goes on afterwards


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection by RST instead of FIN."""
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()
