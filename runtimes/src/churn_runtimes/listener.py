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


def any_address() -> str:
    """Every address of this machine: `::`, which takes IPv4 too, or 0.0.0.0 where there is no IPv6."""
    try:
        with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True):
            return "::"
    except (OSError, ValueError):  # no address of that family; no sockets for both families
        return "0.0.0.0"


def with_port(host: str, port: int) -> str:
    """HOST:PORT, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """Open the port. Raises PortUnavailable."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        both = family == socket.AF_INET6
        return socket.create_server(address[:2], family=family, backlog=_QUEUE, dualstack_ipv6=both)
    except OSError as error:
        raise PortUnavailable(f"cannot listen on {with_port(host, port)}: {error}") from error
