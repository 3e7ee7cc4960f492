"""The controller inside kopf: workers on the queue, and a resync of each namespace by itself."""

import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from churn_operator.api.churn_model import parse_churn_model
from churn_operator.api.status import Reason, State
from churn_operator.cluster.api_server import denial_of
from churn_operator.cluster.kinds import CHURN_MODEL
from churn_operator.cluster.loop_metrics import forget_loop
from churn_operator.errors import ClusterError, Denied, Forbidden, Unreachable
from churn_operator.image_pace import ImagePace, ImagePhase
from churn_operator.loops import Loops
from churn_operator.metrics import (
    FORBIDDEN,
    MODELS,
    QUEUE_DEPTH,
    RECONCILE_SECONDS,
    RECONCILES,
    forget_model,
    show_model,
)
from churn_operator.queue import Key, KeyedQueue
from churn_operator.reconcile import Reconciler

logger = logging.getLogger(__name__)

_WORKERS = 8
_RESYNC_SECONDS = 300
_FAILED_RESYNC_SECONDS = 10.0
_AWAY_SECONDS = 5.0
"""Not longer and longer, as after a fault of one ChurnModel: afterwards all have waited enough."""


@dataclass
class Controller:
    """Everything that runs beside kopf's watchers."""

    reconciler: Reconciler
    loops: Loops
    pace: ImagePace = field(default_factory=ImagePace)
    """The reconciler's."""
    queue: KeyedQueue = field(default_factory=KeyedQueue)
    forbidden: set[str] = field(default_factory=set)
    """Namespaces whose ChurnModels the operator may not list."""
    _away: bool = False
    """The last reconcile had no answer of the API server."""
    _namespaces: frozenset[str] = frozenset()
    _states: dict[Key, State] = field(default_factory=dict)

    def start(self) -> None:
        """Start the workers; namespaces come by `follow`."""
        self.pace.wake = self.reconciler.owners.wake = self.reconciler.drift.wake = self.queue.add
        for number in range(1, _WORKERS + 1):
            self.loops.start(f"worker {number}", self._work)

    async def follow(self, namespaces: frozenset[str]) -> None:
        """Look after these namespaces from now on, and after no other."""
        gone, self._namespaces = self._namespaces - namespaces, namespaces
        self.pace.follow(namespaces)
        self.reconciler.owners.follow(namespaces)
        for namespace in gone:
            await self.loops.stop(_resync_of(namespace))
            self._forget_namespace(namespace)
        for namespace in namespaces:
            if not self.loops.runs(_resync_of(namespace)):
                self.loops.start(_resync_of(namespace), partial(self.resync, namespace))

    async def resync(self, namespace: str) -> float:
        """Enqueue what exists and what existed: a deletion may have gone unseen. A turn of the namespace's loop."""
        try:
            listed = await self.reconciler.api.list(CHURN_MODEL, namespace)
        except ClusterError as error:
            self._note_failed_resync(namespace, error)
            self.pace.listed(namespace, ())
            self.reconciler.owners.listed(namespace, ())
            return _FAILED_RESYNC_SECONDS
        if namespace in self.forbidden:
            logger.warning("namespace %s can be listed again", namespace)
        self.forbidden.discard(namespace)
        FORBIDDEN.labels(namespace).set(0)
        known = {key for key in self._states if key[0] == namespace}
        found = {(namespace, body["metadata"]["name"]) for body in listed}
        self.pace.listed(namespace, found)
        self.reconciler.owners.listed(namespace, map(parse_churn_model, listed))
        self.reconciler.board.listed(namespace, (name for _, name in found))
        for key in known | found:
            self.queue.add(key)
        return _RESYNC_SECONDS * random.uniform(0.8, 1.2)

    def _note_failed_resync(self, namespace: str, error: ClusterError) -> None:
        if not isinstance(error, Forbidden):
            logger.warning("resync of namespace %s: %s", namespace, error)
        elif namespace not in self.forbidden:
            logger.warning("namespace %s is left alone until it can be listed: %s", namespace, error)
            self.forbidden.add(namespace)
            FORBIDDEN.labels(namespace).set(1)

    def _forget_namespace(self, namespace: str) -> None:
        self.forbidden.discard(namespace)
        FORBIDDEN.labels(namespace)
        FORBIDDEN.remove(namespace)
        for key in [key for key in self._states if key[0] == namespace]:
            self._forget(key)
        self.reconciler.board.forget_namespace(namespace)
        self._show_metrics()

    async def _work(self) -> float:
        return await self.queue.work_once(self._handle)

    async def _handle(self, key: Key) -> float | None:
        if key[0] not in self._namespaces:
            return None
        started = time.monotonic()
        try:
            outcome = await self.reconciler.reconcile(*key)
        except Unreachable as error:
            RECONCILES.labels("error").inc()
            self._note_away(key, error)
            return _AWAY_SECONDS * random.uniform(0.8, 1.2)
        except ClusterError as error:
            self._note_error(key)
            logger.warning("%s/%s: %s", *key, error)
            if isinstance(error, Denied):
                self._note_state(key, State.BLOCKED, denial_of(error).reason)
                self._show_metrics()
            raise
        except Exception:
            self._note_error(key)
            logger.exception("%s/%s: a reconcile failed in a way nobody foresaw", *key)
            raise
        self._away = False
        RECONCILES.labels("success").inc()
        RECONCILE_SECONDS.observe(time.monotonic() - started)
        if outcome is None:
            self._forget(key)
        elif outcome.state and outcome.reason:
            self._note_state(key, outcome.state, outcome.reason)
        self._show_metrics()
        return outcome.look_again if outcome else None

    def _note_state(self, key: Key, state: State, reason: Reason) -> None:
        self._states[key] = state
        show_model(key, state, reason)

    def _note_error(self, key: Key) -> None:
        # It may go on for long, and no other model shall wait for it.
        self.pace.note(key, ImagePhase.SETTLED)
        RECONCILES.labels("error").inc()

    def _note_away(self, key: Key, error: Unreachable) -> None:
        # An outage is one thing, however many ChurnModels meet it.
        if not self._away:
            logger.warning("%s/%s, and whatever else is due, is tried again: %s", *key, error)
        self._away = True

    def _forget(self, key: Key) -> None:
        self._states.pop(key, None)
        forget_model(key)
        forget_loop(key)
        self.pace.note(key, ImagePhase.SETTLED)
        self.reconciler.owners.forget(key)
        self.reconciler.registry.forget(key)
        self.reconciler.trail.forget(key)
        self.reconciler.states.forget(key)
        self.reconciler.drift.forget(key)
        self.reconciler.board.forget(key)

    def _show_metrics(self) -> None:
        QUEUE_DEPTH.set(self.queue.depth())
        counts = Counter(self._states.values())
        for state in State:
            MODELS.labels(state).set(counts[state])


def _resync_of(namespace: str) -> str:
    return f"resync of {namespace}"
