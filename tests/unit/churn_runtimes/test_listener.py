"""The REST port is open before there is a server, and one that cannot be opened is an error that says so."""

import socket
from typing import Any

import pytest
from churn_runtimes.listener import PortUnavailable, any_address, listen, with_port


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


@pytest.mark.parametrize("client", ["127.0.0.1", "::1"])
def test_by_default_clients_of_both_families_connect(client: str) -> None:
    with listen(any_address(), 0) as listener, socket.create_connection((client, listener.getsockname()[1]), timeout=5):
        pass


@pytest.mark.parametrize(
    "error", [OSError(99, "Cannot assign requested address"), ValueError("dualstack_ipv6 not supported")]
)
def test_a_machine_without_ipv6_listens_on_ipv4(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.create_server

    def ipv4_alone(address: tuple[str, int], *, family: int = socket.AF_INET, **options: Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise error
        return real(address, family=family, **options)

    monkeypatch.setattr(socket, "create_server", ipv4_alone)
    with listen(any_address(), 0) as listener:
        socket.create_connection(("127.0.0.1", listener.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize(("host", "text"), [("0.0.0.0", "0.0.0.0:8081"), ("::", "[::]:8081"), ("pod", "pod:8081")])
def test_an_ipv6_address_is_written_in_brackets(host: str, text: str) -> None:
    assert with_port(host, 8081) == text
