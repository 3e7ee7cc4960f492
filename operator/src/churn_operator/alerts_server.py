"""POST /alerts: Alertmanager's webhook. An alert has its ChurnModel looked at soon, and does nothing else.

Nothing in it is believed: the reconcile reads the evidence anew and decides by that alone. An alert that is lost costs
time, a forged one a reconcile, and `Wakes` bounds how many of those there are. `main` serves it on a port of its own,
so that a NetworkPolicy can tell Alertmanager from serving pods. Who does not lead says 503, and Alertmanager tries
again.
"""

import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from aiohttp import web

from churn_operator.bounded_server import serve_bounded
from churn_operator.errors import Unreachable
from churn_operator.metrics import ALERTS
from churn_operator.queue import Key
from churn_operator.traffic_server import Leading
from churn_operator.wakes import Wakes

_LARGEST = 1 << 20
"""Bytes of a payload: Alertmanager groups, a thousand alerts have half of it."""
_MOST_ALERTS = 1000
_LONGEST_TOKEN = 4096
_SCHEME = "Bearer "
_OK, _INVALID, _UNAUTHORIZED, _TOO_LARGE, _UNAVAILABLE = 200, 400, 401, 413, 503

Token = Callable[[], bytes]
"""The one that whoever posts has to know; empty where there is none, and nobody may post."""


def serve_alerts(port: int, token: Token, wakes: Wakes, leading: Leading) -> AbstractAsyncContextManager[None]:
    """Answer on this port, on every address, until the block ends."""
    return serve_bounded(port, alerts_app(token, wakes, leading))


def token_in(file: Path | None) -> Token:
    """Read anew each time, as a Secret that is changed is. Without a file there is no token."""

    def read() -> bytes:
        try:
            return file.read_bytes()[:_LONGEST_TOKEN].strip() if file else b""
        except OSError:
            return b""

    return read


def alerts_app(token: Token, wakes: Wakes, leading: Leading) -> web.Application:
    """Its one route."""

    async def alerts(request: web.Request) -> web.Response:
        status, text = await _heard(request, token, wakes, leading)
        answer = web.json_response({"status": text}, status=status)
        answer.force_close()
        return answer

    app = web.Application(client_max_size=_LARGEST)
    app.router.add_post("/alerts", alerts)
    return app


async def _heard(request: web.Request, token: Token, wakes: Wakes, leading: Leading) -> tuple[int, str]:
    # Before the body is read: a stranger's megabyte is not.
    if not _knows(request, token()):
        ALERTS.labels("unauthorized").inc()
        return _UNAUTHORIZED, "the bearer token is not the one of the Secret, or there is none"
    try:
        leading()
        keys = list(named_models(json.loads(await request.read())))
    except Unreachable as error:
        return _UNAVAILABLE, str(error)
    except web.HTTPRequestEntityTooLarge:
        ALERTS.labels("invalid").inc()
        return _TOO_LARGE, f"more than {_LARGEST} bytes"
    except (ValueError, RecursionError):
        ALERTS.labels("invalid").inc()
        return _INVALID, "this is no payload of Alertmanager"
    for key in keys:
        ALERTS.labels(wakes.wake(key).value).inc()
    return _OK, f"{len(keys)} alerts name a ChurnModel"


def _knows(request: web.Request, token: bytes) -> bool:
    given = request.headers.get("Authorization", "")
    said = given.removeprefix(_SCHEME).encode(errors="replace") if given.startswith(_SCHEME) else b""
    # In constant time, whatever is said.
    return hmac.compare_digest(said, token) and bool(token)


def named_models(payload: Any) -> Iterator[Key]:
    """Of each alert that names one by its labels `namespace` and `churnmodel`; whatever else it says is not read.

    Raises ValueError where it is no list of alerts.
    """
    alerts = payload.get("alerts") if isinstance(payload, dict) else None
    if not isinstance(alerts, list):
        raise ValueError("no alerts")
    for alert in alerts[:_MOST_ALERTS]:
        labels = alert.get("labels") if isinstance(alert, dict) else None
        if isinstance(labels, dict):
            namespace, name = labels.get("namespace"), labels.get("churnmodel")
            if isinstance(namespace, str) and isinstance(name, str):
                yield namespace, name
