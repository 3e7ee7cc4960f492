"""An open-loop load: requests start when their time has come, whether earlier ones have been answered or not.

Each has a connection of its own, so that every one of them is balanced anew by the Service.
"""

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

_SECONDS = 10


@dataclass
class OpenLoop:
    """Start with `with OpenLoop(...) as load`; it ends with the block, after its last answers."""

    url: str
    body: dict[str, Any]
    per_second: float
    sent: int = 0
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._drive()))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    async def _drive(self) -> None:
        limits = httpx.Limits(max_keepalive_connections=0)
        async with httpx.AsyncClient(timeout=_SECONDS, limits=limits) as client, asyncio.TaskGroup() as requests:
            started = time.monotonic()
            while not self._stop.is_set():
                await asyncio.sleep(max(0.0, started + self.sent / self.per_second - time.monotonic()))
                requests.create_task(self._ask(client))
                self.sent += 1

    async def _ask(self, client: httpx.AsyncClient) -> None:
        try:
            answer = await client.post(self.url, json=self.body, headers={"Connection": "close"})
            if answer.status_code != httpx.codes.OK or "outputs" not in answer.json():
                self.failures.append(f"{answer.status_code} {answer.text[:200]}")
        except httpx.HTTPError as error:
            self.failures.append(repr(error))
