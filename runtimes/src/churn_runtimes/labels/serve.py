"""The process itself: its tables, its port, and what is forgotten once an hour."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta

import uvicorn
from churn_models.errors import DataUnreadable
from churn_models.tables.label_store import LabelStore
from starlette.applications import Starlette

from churn_runtimes.labels.app import Labels, labels_app

_FORGETS_EVERY = 3_600.0
_CONNECTIONS = 1_000
"""Silent ones count, and each serving pod keeps one; what is done at once is bounded by the threads."""


def serve_labels(labels: Labels, store: LabelStore, retention: timedelta, port: int) -> None:
    """Until the process is told to end. Tables are made first: an error there ends it, and it is started again."""
    store.create()
    app = labels_app(labels)
    app.router.lifespan_context = _forgetting(store, retention)
    uvicorn.run(app, host="0.0.0.0", port=port, access_log=False, limit_concurrency=_CONNECTIONS)


def _forgetting(store: LabelStore, retention: timedelta) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_forget(store, retention))
        yield
        task.cancel()

    return lifespan


async def _forget(store: LabelStore, retention: timedelta) -> None:
    while True:
        try:
            await asyncio.to_thread(store.forget_before, datetime.now(UTC) - retention)
        except DataUnreadable as error:
            print(f"labels: what is old was not removed, and will be in an hour: {error}", flush=True)
        await asyncio.sleep(_FORGETS_EVERY)
