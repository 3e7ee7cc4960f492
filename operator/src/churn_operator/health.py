"""/healthz and /readyz. Liveness is whether our loops turn, never whether the API server answers: a new process
would not make it answer. Readiness is whether this operator acts, or could.
"""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True)
class Vitals:
    """What both answers are made of."""

    acting: bool
    """It holds the Lease; otherwise it stands by."""
    loops: str | None
    """What is wrong with our loops, in a sentence."""
    watches: bool
    """All watches that there should be are there."""
    lease: str | None
    """Why this operator cannot take or renew the Lease, in a sentence."""


Answer = tuple[int, str]
"""The status code and what is said in the body."""


def liveness(vitals: Vitals) -> Answer:
    """Of /healthz: 503 where only a new process helps."""
    if vitals.loops:
        return 503, vitals.loops
    if not vitals.acting:
        return 200, "standby"
    return 200, "ok" if vitals.watches else "starting"


def readiness(vitals: Vitals) -> Answer:
    """Of /readyz: 503 where this operator neither acts nor could take over."""
    problem = vitals.loops or vitals.lease
    return (503, problem) if problem else (200, "leader" if vitals.acting else "standby")


async def serve_health(port: int, vitals: Callable[[], Vitals]) -> None:
    """Answer on this port until the process ends."""

    async def healthz(_: web.Request) -> web.Response:
        return _response(liveness(vitals()))

    async def readyz(_: web.Request) -> web.Response:
        return _response(readiness(vitals()))

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    # On every address, of IPv6 too.
    await web.TCPSite(runner, port=port).start()


def _response(answer: Answer) -> web.Response:
    code, status = answer
    return web.json_response({"status": status}, status=code)
