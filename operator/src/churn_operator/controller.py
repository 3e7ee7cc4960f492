"""The controller inside kopf: workers on the queue, the 5-minute resync, the poll of aliases and of what is unseen."""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from churn_operator.api.spec import ModelSource
from churn_operator.api.status import State
from churn_operator.cluster.kinds import CHURN_MODEL
from churn_operator.errors import ClusterError, Denied
from churn_operator.metrics import MODELS, QUEUE_DEPTH, RECONCILE_SECONDS, RECONCILES
from churn_operator.queue import Key, KeyedQueue
from churn_operator.reconcile import Reconciler

logger = logging.getLogger(__name__)

_WORKERS = 8
_RESYNC_SECONDS = 300
_ALIAS_POLL_SECONDS = 30
_UNSEEN_SECONDS = 5


@dataclass
class Controller:
    """Everything that runs beside kopf's watchers."""

    reconciler: Reconciler
    namespaces: tuple[str, ...]
    queue: KeyedQueue = field(default_factory=KeyedQueue)
    last_answer: float = field(default_factory=time.monotonic)
    """When the API server last answered, by the monotonic clock."""
    _states: dict[Key, State] = field(default_factory=dict)
    _wanted: dict[Key, tuple[ModelSource, str | None]] = field(default_factory=dict)
    """What each ChurnModel asks for, and the version that this was when it was last reconciled."""

    def loops(self) -> list[Coroutine[Any, Any, None]]:
        """All loops, to be run as tasks; none ever ends by itself."""
        workers = [self.queue.work(self._handle) for _ in range(_WORKERS)]
        return [*workers, self._resync_forever(), self._poll_aliases_forever()]

    async def _handle(self, key: Key) -> float | None:
        started = time.monotonic()
        try:
            outcome = await self.reconciler.reconcile(*key)
        except ClusterError as error:
            RECONCILES.labels("error").inc()
            logger.warning("%s/%s: %s", *key, error)
            if isinstance(error, Denied):
                self._states[key] = State.BLOCKED
                self._show_metrics()
            raise
        except Exception:
            RECONCILES.labels("error").inc()
            logger.exception("%s/%s: a reconcile failed in a way nobody foresaw", *key)
            raise
        self.last_answer = time.monotonic()
        RECONCILES.labels("success").inc()
        RECONCILE_SECONDS.observe(self.last_answer - started)
        if outcome is None:
            self._states.pop(key, None)
            self._wanted.pop(key, None)
        else:
            self._states[key] = outcome.state
            self._wanted[key] = (outcome.source, outcome.version)
        self._show_metrics()
        return _UNSEEN_SECONDS if outcome and outcome.must_poll else None

    def _show_metrics(self) -> None:
        QUEUE_DEPTH.set(self.queue.depth())
        counts = Counter(self._states.values())
        for state in State:
            MODELS.labels(state).set(counts[state])

    async def _resync_forever(self) -> None:
        while True:
            try:
                await self._resync()
                delay = _RESYNC_SECONDS * random.uniform(0.8, 1.2)
            except ClusterError as error:
                logger.warning("resync: %s", error)
                delay = 5.0
            await asyncio.sleep(delay)

    async def _resync(self) -> None:
        """Enqueue what exists and what existed: a deletion may have gone unseen."""
        keys = set(self._states)
        for namespace in self.namespaces:
            for body in await self.reconciler.api.list(CHURN_MODEL, namespace):
                keys.add((namespace, body["metadata"]["name"]))
        self.last_answer = time.monotonic()
        for key in keys:
            self.queue.add(key)

    async def _poll_aliases_forever(self) -> None:
        while True:
            await asyncio.sleep(_ALIAS_POLL_SECONDS)
            for key, (source, known) in list(self._wanted.items()):
                if await self.reconciler.registry.find_version(source) != known:
                    self.queue.add(key)
