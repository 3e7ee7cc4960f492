"""The REST server's connections around fast paths of a test's own, with an app behind them that answers everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import uvicorn
from churn_runtimes.data_plane import V2DataPlane
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.listener import listen
from churn_runtimes.rest.bounded_app import App, BoundedApp
from churn_runtimes.rest.connections import Connections
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.probes import Probes
from churn_runtimes.rest.protocol import V2Protocol
from churn_runtimes.rest.server import FairServer
from churn_runtimes.rest.turn import Turn

_LIMITS = Limits()


class _Ready:
    """A data plane whose models can all answer."""

    is_ready = True

    def is_model_ready(self, name: str) -> bool:
        return True


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"by the app"})


@asynccontextmanager
async def serving(
    fast_paths: dict[bytes, FastPath], in_flight: InFlightLimit, limits: Limits = _LIMITS, answer: App = _answer
) -> AsyncIterator[str]:
    """The server's URL, for clients in other threads."""
    probes = Probes(cast(V2DataPlane, _Ready()))
    shared = Connections(limits, in_flight, probes, Turn(asyncio.get_running_loop()), fast_paths)
    protocol: Any = partial(V2Protocol, shared=shared)
    app = BoundedApp(answer, limits, in_flight, fast_paths)
    with listen("127.0.0.1", 0) as listener:
        server = FairServer(uvicorn.Config(app, http=protocol, lifespan="off", log_level="warning"))
        task = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
