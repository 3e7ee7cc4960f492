"""A server that is told to end: no new clients, an answer to whoever is under way, and metrics until the last one."""

import os
import signal
from pathlib import Path

import httpx
import pytest
from churn_models.bundle import Bundle
from support.bundle_server import bundle_server
from support.eventually import eventually
from support.free_port import free_port
from support.hardening.neighbour import ONE_ROW
from support.keep_alive import KeepAlive
from support.probe import succeeds

EXIT_SECONDS = 30


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_what_is_under_way_is_answered_and_counted(sent: signal.Signals, bundle: Bundle, tmp_path: Path) -> None:
    metrics = free_port()
    options = ["--metrics-port", str(metrics)]
    with bundle_server(bundle, tmp_path / "log", options) as serving, KeepAlive(serving.rest_url) as client:
        assert client.ask(ONE_ROW).status == 200
        client.send(ONE_ROW[:-100])
        os.kill(serving.process.pid, sent)
        eventually(lambda: _refuses(serving.rest_url), EXIT_SECONDS)
        eventually(lambda: succeeds(f"http://127.0.0.1:{metrics}/metrics"), EXIT_SECONDS)
        assert client.ask(ONE_ROW[-100:]).status == 200
        assert serving.process.wait(EXIT_SECONDS) == 0


def _refuses(url: str) -> bool:
    try:
        httpx.get(url, timeout=1)
    except httpx.ConnectError:
        return True
    return False
