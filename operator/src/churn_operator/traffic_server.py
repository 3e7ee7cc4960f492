"""/traffic: what serving pods ask for all the time. `main` serves it beside health and metrics.

A pod that says what it has (`If-None-Match`) and how long it waits (`Prefer: wait=2`) is answered once its word is
another one, or after that time; without both, or where many wait already, at once. All of these are full words with
their ETag, as hearing one keeps a candidate alive; `Preference-Applied` tells whoever may ask again at once.

Read-only, and nothing in it is secret: which table a pod shall hold, and the share of requests that it answers. Only
the leader answers; whoever stands by, or could not renew the Lease in time, says 503, which pods take for silence.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager

from aiohttp import web
from churn_models.traffic import POLL_SECONDS, Traffic

from churn_operator.bounded_server import serve_bounded
from churn_operator.errors import NotFound, Unreachable
from churn_operator.held_questions import HeldQuestions, tag_of
from churn_operator.metrics import TRAFFIC_ANSWERS
from churn_operator.traffic_board import TrafficBoard

_UNAVAILABLE, _NOT_FOUND = 503, 404
_LEAST_OF_WAIT = 0.75
"""Pods that one change has answered at the same moment come again at different ones."""

Leading = Callable[[], object]
"""Raises Unreachable where this process does not lead, or may not for long enough to say anything."""


def serve_traffic(port: int, board: TrafficBoard, leading: Leading) -> AbstractAsyncContextManager[None]:
    """Answer on this port, on every address, until the block ends."""
    return serve_bounded(port, traffic_app(board, leading))


def traffic_app(board: TrafficBoard, leading: Leading) -> web.Application:
    """Its one route."""
    held = HeldQuestions(board)

    async def traffic(request: web.Request) -> web.Response:
        answer = await _answer(board, held, leading, request)
        TRAFFIC_ANSWERS.labels(str(answer.status)).inc()
        answer.force_close()
        return answer

    app = web.Application()
    app.router.add_get("/traffic/{namespace}/{model}", traffic, allow_head=False)
    return app


async def _answer(board: TrafficBoard, held: HeldQuestions, leading: Leading, request: web.Request) -> web.Response:
    key, pod = (request.match_info["namespace"], request.match_info["model"]), request.query.get("pod", "")
    wait = _wait(request) if held.has_room else 0
    try:
        leading()
        if wait:
            known = {tag.value for tag in request.if_none_match or ()}
            await held.until_news(key, pod, known, wait * random.uniform(_LEAST_OF_WAIT, 1.0))
            # Another process may have taken over meanwhile.
            leading()
        return _said(board.answer(key, pod), wait)
    except Unreachable as error:
        return web.json_response({"error": str(error)}, status=_UNAVAILABLE)
    except NotFound as error:
        return web.json_response({"error": str(error)}, status=_NOT_FOUND)


def _said(traffic: Traffic, wait: float) -> web.Response:
    answer = web.Response(text=traffic.model_dump_json(), content_type="application/json")
    answer.etag = tag_of(traffic)
    if wait:
        answer.headers["Preference-Applied"] = f"wait={wait:.0f}"
    return answer


def _wait(request: web.Request) -> float:
    """Seconds, as RFC 7240 writes them; 0 where none are asked for."""
    return next((min(float(value), POLL_SECONDS) for value in _waits(request) if value.isdecimal()), 0.0)


def _waits(request: web.Request) -> Iterator[str]:
    for preference in ",".join(request.headers.getall("Prefer", ())).split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            yield value.strip().strip('"')
