"""Runs one sidecar: the tap's socket, the timer that closes windows, and HTTP, until SIGTERM."""

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from churn_models.drift.report import REFERENCE_PATH, REPORT_PATH

from churn_runtimes.drift.http_server import HttpServer, Page
from churn_runtimes.drift.metrics import SidecarMetrics
from churn_runtimes.drift.sidecar import Sidecar
from churn_runtimes.drift.tap_socket import TapSocket

_PAUSE_SECONDS = 1.0
_JSON = "application/json"


async def run(sidecar: Sidecar, tap: Path, listener: socket.socket) -> None:
    """Until SIGTERM or SIGINT. Raises OSError where there can be no socket at the path."""
    loop, ends = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ends.set)
    works = [
        asyncio.create_task(work)
        for work in (
            TapSocket(tap, sidecar.take).serve(),
            HttpServer(_pages(sidecar)).serve(listener),
            _close_windows(sidecar),
            ends.wait(),
        )
    ]
    done, others = await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
    for work in others:
        work.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(*others)
    for work in done:
        work.result()


def _pages(sidecar: Sidecar) -> dict[str, Callable[[], Page]]:
    metrics = SidecarMetrics(sidecar)
    return {
        REPORT_PATH: lambda: Page(_JSON, sidecar.report().model_dump_json().encode()),
        REFERENCE_PATH: lambda: Page(_JSON, sidecar.watched.reference_json),
        "/metrics": lambda: Page("text/plain; version=0.0.4; charset=utf-8", metrics.text()),
        "/healthz": lambda: Page("text/plain", b"ok\n"),
    }


async def _close_windows(sidecar: Sidecar) -> None:
    while True:
        await asyncio.sleep(_PAUSE_SECONDS)
        sidecar.close_window()
