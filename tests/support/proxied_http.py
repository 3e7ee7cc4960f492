"""The two ends of a connection that the fault proxy passes on, and the requests on it; HTTP/1.1 by h11."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import h11

_CHUNK = 1 << 16
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_NO_STATE = ("/leases", "/selfsubject", "/subjectaccessreviews", "/tokenreviews", "/endpointslices/")


@dataclass(frozen=True)
class ProxiedRequest:
    """What the operator asks for."""

    head: h11.Request
    body: bytes

    @property
    def method(self) -> str:
        """GET and the like."""
        return self.head.method.decode()

    @property
    def target(self) -> str:
        """Path and query as they were sent."""
        return self.head.target.decode()

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        """Each parameter with its values."""
        return parse_qs(urlsplit(self.target).query)

    @property
    def watches(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.method == "GET" and self.query.get("watch", [""])[0] in ("1", "true", "True")

    @property
    def writes(self) -> bool:
        """Whether it changes something that counts."""
        return self.method in _WRITES and "dryRun" not in self.query and not self.is_housekeeping

    @property
    def is_housekeeping(self) -> bool:
        """Leases, reviews, and where the leader is found: they say nothing about what it does for a ChurnModel."""
        return any(part in self.path for part in _NO_STATE)


class Dropped(Exception):
    """This connection ends without another byte."""


@dataclass
class Side:
    """One end of a proxied connection."""

    state: h11.Connection
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def event(self) -> h11.Event:
        """What arrives next. Raises Dropped when the connection cannot go on."""
        while True:
            event = self.state.next_event()
            if event is h11.NEED_DATA:
                self.state.receive_data(await self.reader.read(_CHUNK))
            elif isinstance(event, h11.Event):
                return event
            else:
                raise Dropped

    async def send(self, *events: h11.Event) -> None:
        """Pass these on. Raises Dropped when the connection is gone: uvloop would say RuntimeError."""
        if self.writer.is_closing():
            raise Dropped
        self.writer.write(b"".join(self.state.send(event) or b"" for event in events))
        await self.writer.drain()

    def again(self) -> bool:
        """Whether another request can follow on this connection."""
        if self.state.our_state is h11.DONE and self.state.their_state is h11.DONE:
            self.state.start_next_cycle()
            return True
        return False


async def read_request(client: Side) -> ProxiedRequest | None:
    head = await client.event()
    if not isinstance(head, h11.Request):
        return None
    body = [bytes(event.data) async for event in events(client) if isinstance(event, h11.Data)]
    return ProxiedRequest(head, b"".join(body))


async def events(side: Side) -> AsyncIterator[h11.Event]:
    """Up to the end of this message, that included."""
    while True:
        event = await side.event()
        if isinstance(event, h11.ConnectionClosed):
            raise Dropped
        yield event
        if isinstance(event, h11.EndOfMessage):
            return
