"""/traffic: what serving pods ask for every two seconds. `main` serves it beside health and metrics.

Read-only, and nothing in it is secret: which table a pod shall hold, and the share of requests that it answers. Only
the leader answers; whoever stands by, or could not renew the Lease in time, says 503, which pods take for silence.
"""

import asyncio
from collections.abc import Callable

from aiohttp import web
from churn_models.traffic import Traffic

from churn_operator.bounded_server import serve_bounded
from churn_operator.errors import NotFound, Unreachable
from churn_operator.metrics import TRAFFIC_ANSWERS
from churn_operator.traffic_board import TrafficBoard

_UNAVAILABLE, _NOT_FOUND = 503, 404

Leading = Callable[[], object]
"""Raises Unreachable where this process does not lead, or may not for long enough to say anything."""


async def serve_traffic(port: int, board: TrafficBoard, leading: Leading) -> asyncio.Server:
    """Answer on this port, on every address, until the process ends."""
    return await serve_bounded(port, traffic_app(board, leading))


def traffic_app(board: TrafficBoard, leading: Leading) -> web.Application:
    """Its one route."""

    async def traffic(request: web.Request) -> web.Response:
        answer = _answer(board, leading, request)
        TRAFFIC_ANSWERS.labels(str(answer.status)).inc()
        answer.force_close()
        return answer

    app = web.Application()
    app.router.add_get("/traffic/{namespace}/{model}", traffic, allow_head=False)
    return app


def _answer(board: TrafficBoard, leading: Leading, request: web.Request) -> web.Response:
    key = request.match_info["namespace"], request.match_info["model"]
    try:
        leading()
        return _said(board.answer(key, request.query.get("pod", "")))
    except Unreachable as error:
        return web.json_response({"error": str(error)}, status=_UNAVAILABLE)
    except NotFound as error:
        return web.json_response({"error": str(error)}, status=_NOT_FOUND)


def _said(traffic: Traffic) -> web.Response:
    return web.Response(text=traffic.model_dump_json(), content_type="application/json")
