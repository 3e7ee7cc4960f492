"""Transfers of a bundle are few, and none of them lasts for ever: who reads nothing loses the place."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import churn_runtimes.transfers
import pytest
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import SCHEMA
from churn_runtimes.offered_bundle import OfferedBundle


class _Client:
    """Asks for one file; reads what comes only when it may."""

    def __init__(self, bundle: Bundle) -> None:
        self.scope = {
            "type": "http",
            "method": "GET",
            "headers": [],
            "path_params": {"digest": bundle.digest, "path": SCHEMA},
        }
        self.may_read = asyncio.Event()
        self.status = 0
        self.body = b""

    async def receive(self) -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.status = self.status or message["status"]
        await self.may_read.wait()
        self.body += message.get("body", b"")

    async def ask(self, app: OfferedBundle) -> None:
        await app(self.scope, self.receive, self.send)


def test_one_transfer_too_many_is_told_to_come_again(bundle: Bundle) -> None:
    async def ask() -> None:
        app = OfferedBundle(bundle)
        slow = [_Client(bundle) for _ in range(4)]
        async with asyncio.TaskGroup() as group:
            for client in slow:
                group.create_task(client.ask(app))
            while not all(client.status for client in slow):
                await asyncio.sleep(0)
            assert await _status(app, bundle) == 503
            for client in slow:
                client.may_read.set()
        assert [client.body for client in slow] == [(bundle.folder / SCHEMA).read_bytes()] * 4
        assert await _status(app, bundle) == 200

    asyncio.run(ask())


def test_who_reads_nothing_loses_the_place(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        app = OfferedBundle(bundle)
        with monkeypatch.context() as patience:
            patience.setattr(churn_runtimes.transfers, "_SECONDS", 0.01)
            await asyncio.gather(*(_Client(bundle).ask(app) for _ in range(4)))
        assert await _status(app, bundle) == 200

    asyncio.run(ask())


async def _status(app: OfferedBundle, bundle: Bundle) -> int:
    client = _Client(bundle)
    client.may_read.set()
    await client.ask(app)
    return client.status
