"""What the fault proxy can do to a watch that is open, and how it answers in the API server's place."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import h11
from support.proxied_http import Side


class StreamFault(StrEnum):
    """What happens to every watch that is open."""

    ERROR_IN_STREAM = "error in stream"
    EXPIRED_IN_STREAM = "expired in stream"
    HALF_LINE = "half line"
    FREEZE = "freeze"
    CLOSE = "close"


@dataclass(eq=False)
class Watch:
    """One that is open, and what is to happen to it."""

    fault: "asyncio.Future[StreamFault]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


async def events_until(
    upstream: Side, fault: "asyncio.Future[StreamFault]", gone: "asyncio.Future[bytes]"
) -> AsyncIterator[h11.Event]:
    """What the API server sends, up to its end, to the fault, or to the end of who asked."""
    while True:
        following = asyncio.ensure_future(upstream.event())
        anything: set[asyncio.Future[Any]] = {following, fault, gone}
        await asyncio.wait(anything, return_when=asyncio.FIRST_COMPLETED)
        if fault.done() or gone.done():
            if not following.cancel() and not following.cancelled():
                following.exception()  # retrieved, or asyncio would log it
            return
        event = following.result()
        yield event
        if isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return


async def happen(fault: StreamFault, client: Side, gone: "asyncio.Future[bytes]") -> None:
    """Let this be the last that the operator sees of a watch."""
    match fault:
        case StreamFault.ERROR_IN_STREAM:
            await client.send(h11.Data(data=_error_line(500)), h11.EndOfMessage())
        case StreamFault.EXPIRED_IN_STREAM:
            await client.send(h11.Data(data=_error_line(410)), h11.EndOfMessage())
        case StreamFault.HALF_LINE:
            await client.send(h11.Data(data=b'{"type":"MODIFIED","object":{"metadata":{"na'))
        case StreamFault.FREEZE:
            await gone
        case StreamFault.CLOSE:
            await client.send(h11.EndOfMessage())


def break_all(watches: list[Watch], fault: StreamFault) -> None:
    """Have the fault happen to each of them."""
    for watch in watches:
        if not watch.fault.done():
            watch.fault.set_result(fault)


_REASONS = {401: "Unauthorized", 403: "Forbidden", 410: "Expired", 500: "InternalError", 503: "ServiceUnavailable"}


def _status(code: int) -> dict[str, object]:
    reason = _REASONS.get(code, "Timeout")
    message = f"fault injected by the tests ({code})"
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
    return {**status, "reason": reason, "code": code, "message": message}


def _error_line(code: int) -> bytes:
    return json.dumps({"type": "ERROR", "object": _status(code)}).encode() + b"\n"


def status_answer(code: int) -> list[h11.Event]:
    """A whole answer of this status, worded as the API server would."""
    body = json.dumps(_status(code)).encode()
    headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
    return [h11.Response(status_code=code, headers=headers), h11.Data(data=body), h11.EndOfMessage()]
