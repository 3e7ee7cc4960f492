"""The REST port is open before there is a server, and one that cannot be opened is an error that says so."""

import socket

import pytest
from churn_runtimes.listener import PortUnavailable, listen


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_clients_may_connect_at_once(host: str) -> None:
    with listen(host, 0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"waits")


@pytest.mark.parametrize("host", ["127.0.0.1", "no.such.host.invalid"])
def test_a_port_that_cannot_be_opened(host: str) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortUnavailable, match=f"cannot listen on {host}:{port}"):
            listen(host, port)
