"""/healthz, and it tells the truth: 200 only on a standby, or while the watchers live and the API server answers."""

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from churn_operator.watchdog import living_watchers

_LONGEST_SILENCE_SECONDS = 420


async def serve_health(
    port: int, acting: asyncio.Event, expected_watchers: int, last_answer: Callable[[], float]
) -> None:
    """Answer on this port until the process ends. Before it holds the Lease, it answers 200 "standby"."""

    async def healthz(_: web.Request) -> web.Response:
        if not acting.is_set():
            return web.json_response({"status": "standby"})
        problem = health_problem(living_watchers(), expected_watchers, time.monotonic() - last_answer())
        return web.json_response({"status": problem or "ok"}, status=503 if problem else 200)

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()


def health_problem(watchers: int, expected: int, silence: float) -> str | None:
    """What is wrong, in a sentence; `silence` is in seconds since the API server last answered."""
    if watchers < expected:
        return f"{watchers} of {expected} watchers run"
    if silence > _LONGEST_SILENCE_SECONDS:
        return f"the API server has not answered a reconcile or a resync for {silence:.0f} s"
    return None
