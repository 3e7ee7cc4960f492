"""The REST and metrics ports, opened by the command line before anything is imported or loaded.

Whoever asks meanwhile waits in the kernel's queue and is answered in the moment that the models are ready: a probe
that finds no port would try again a second later.
"""

import socket

from churn_models.errors import ChurnModelsError

_QUEUE = 2048
"""uvicorn's own length of it."""


class PortUnavailable(ChurnModelsError):
    """The port is taken, or not this process's to open."""


def listen(host: str, port: int) -> socket.socket:
    """Open the port. Raises PortUnavailable."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=_QUEUE)
    except OSError as error:
        raise PortUnavailable(f"cannot listen on {host}:{port}: {error}") from error
