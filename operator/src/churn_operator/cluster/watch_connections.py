"""The connections that kopf watches over: opened by us, so that all can be opened again when they are frozen.

A watch over HTTP/1.1 carries nothing while nothing changes but a bookmark a minute, so silence tells a frozen
connection from a quiet one only after that. The Lease is what changes every 2 s: where a watch of it over the same
session stays silent while renewals succeed, what lies between us and the API server has stopped to pass watches on.
"""

import asyncio
import json
import logging
import ssl
import time
from collections.abc import Mapping
from types import SimpleNamespace
from weakref import WeakSet

import aiohttp

from churn_operator.cluster.kinds import LEASE
from churn_operator.cluster.lease import Lease
from churn_operator.metrics import WATCHES_OPENED

logger = logging.getLogger(__name__)

_SILENCE_SECONDS = 8.0
_WATCH_SECONDS = 300
_CONNECT_SECONDS = 5
_OPEN_AGAIN_SECONDS = 1.0
_NOT_ALLOWED_SECONDS = 5.0
_SAYS_NO = frozenset({401, 403})


class WatchConnections:
    """One session for all watches."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._session: aiohttp.ClientSession | None = None
        self._server = ""
        self._watches: WeakSet[aiohttp.ClientResponse] = WeakSet()
        self._seen = 0.0
        self._allowed = True

    def open_session(
        self, server: str, headers: Mapping[str, str], tls: ssl.SSLContext, proxy: str | None
    ) -> aiohttp.ClientSession:
        """A new session, for these credentials; whoever asked for the one before closes it."""
        tracing = aiohttp.TraceConfig()
        tracing.on_request_end.append(self._opened)
        connector = aiohttp.TCPConnector(limit=0, ssl=tls)
        self._server = server.rstrip("/")
        self._session = aiohttp.ClientSession(
            connector=connector, headers=headers, proxy=proxy, trace_configs=[tracing]
        )
        return self._session

    def open_again(self) -> None:
        """Close every watch: kopf goes on in a new one from where the old one was, and lists nothing."""
        for response in tuple(self._watches):
            response.close()
        self._watches.clear()

    async def follow_the_lease(self) -> float:
        """One watch of the Lease, to its end; then open all watches again where it was frozen. A turn of a loop."""
        if self._session is None:
            return _OPEN_AGAIN_SECONDS
        try:
            await self._read_events(self._session)
        except TimeoutError:
            if self._lease.renewed is not None and self._lease.renewed > self._seen:
                logger.warning("watches are silent while the Lease is renewed: all are opened again")
                self.open_again()
        except PermissionError as error:
            if self._allowed:
                logger.warning("frozen watches are found late only: %s", error)
            self._allowed = False
            return _NOT_ALLOWED_SECONDS
        except (aiohttp.ClientError, OSError, RuntimeError):
            # Away, or a session that was closed for new credentials: the next turn tries again.
            pass
        return _OPEN_AGAIN_SECONDS

    async def _read_events(self, session: aiohttp.ClientSession) -> None:
        """Raises TimeoutError when no event comes, PermissionError when the API server says no."""
        query = {"watch": "true", "fieldSelector": f"metadata.name={self._lease.name}"}
        url = self._server + LEASE.path(self._lease.namespace)
        timeout = aiohttp.ClientTimeout(total=_WATCH_SECONDS, sock_connect=_CONNECT_SECONDS)
        now = asyncio.get_running_loop().time
        async with (
            asyncio.timeout(_SILENCE_SECONDS) as silence,
            session.get(url, params=query, timeout=timeout) as response,
        ):
            if response.status in _SAYS_NO:
                raise PermissionError(f"the Lease cannot be watched: {await _message(response)}")
            response.raise_for_status()
            self._allowed = True
            async for _ in response.content:
                self._seen = time.monotonic()
                silence.reschedule(now() + _SILENCE_SECONDS)

    async def _opened(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestEndParams
    ) -> None:
        if request.url.query.get("watch") == "true" and request.response.status < 400:
            WATCHES_OPENED.inc()
            self._watches.add(request.response)


async def _message(response: aiohttp.ClientResponse) -> str:
    try:
        return str(json.loads(await response.read())["message"])
    except (ValueError, KeyError, TypeError):
        return str(response.status)
