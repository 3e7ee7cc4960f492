"""Ends what is done for a REST client when the client has gone: the bounded app answers in here.

What a thread has begun ends by itself: scores of a thousand rows in milliseconds, contributions after their piece.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


@asynccontextmanager
async def while_connected(receive: Receive) -> AsyncIterator[None]:
    """A block behind the whole body, ended by ClientGone. Raises ClientGone."""
    asking = asyncio.current_task()
    assert asking is not None
    watching = asyncio.create_task(_gone(receive))
    watching.add_done_callback(lambda ended: None if ended.cancelled() else asking.cancel())
    try:
        yield
    except asyncio.CancelledError:
        # The deadline and a stopping server cancel, too.
        if not watching.done() or watching.cancelled():
            raise
        asking.uncancel()
        raise ClientGone from None
    finally:
        watching.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
