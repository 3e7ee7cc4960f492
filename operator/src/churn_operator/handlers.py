"""What kopf is told: watch ChurnModels and their children, and put the owner's key into the queue. Nothing else.

kopf is the informer, login and process shell; its handlers keep no state and write nothing, because its own
bookkeeping (annotations, finalizers, retries) would be a second controller beside ours.
"""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any

import kopf

from churn_operator.cluster.kinds import CHILD_KINDS, CHURN_MODEL, POD, Kind
from churn_operator.cluster.watch_connections import WatchConnections
from churn_operator.names import MODEL_LABEL
from churn_operator.queue import KeyedQueue

_WATCH_SECONDS = 300
_QUIET_SECONDS = 70
"""Longer than the minute after which the API server sends a bookmark into a quiet watch."""
_LONGEST_BACKOFF_SECONDS = 10
_LOGIN_PAUSE_SECONDS = 2.0

WATCHED = (CHURN_MODEL, POD, *CHILD_KINDS)
"""One watcher per kind and namespace; the watchdog counts them."""


class EndlessBackoff:
    """The pauses between attempts at a failing API server. Never ends: kopf gives a watch up when it does."""

    def __iter__(self) -> Iterator[float]:
        delay = 0.5
        while True:
            yield delay
            delay = min(delay * 2, _LONGEST_BACKOFF_SECONDS)


class FirstAttempts(logging.Filter):
    """Lets kopf tell that a request failed once, not again at every attempt."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write this line."""
        text = record.getMessage()
        return not text.startswith("Request attempt #") or text.startswith("Request attempt #1 ")


def build_registry(queue: KeyedQueue, connections: WatchConnections) -> kopf.OperatorRegistry:
    """The handlers of one operator."""
    registry = kopf.OperatorRegistry()
    _log_in_by(registry, connections)

    @kopf.on.startup(registry=registry)
    async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        _configure(settings)

    async def model_changed(name: str, namespace: str, **_: Any) -> None:
        queue.add((namespace, name))

    async def child_changed(body: Mapping[str, Any], namespace: str, **_: Any) -> None:
        for model in owners(body["metadata"]):
            queue.add((namespace, model))

    kopf.on.event(*_resource(CHURN_MODEL), registry=registry, id="model")(model_changed)  # type: ignore[arg-type]
    for kind in (POD, *CHILD_KINDS):
        # Not filtered by labels: a child whose labels somebody took away would change unseen.
        kopf.on.event(*_resource(kind), registry=registry, id=kind.plural)(child_changed)  # type: ignore[arg-type]
    return registry


def owners(metadata: Mapping[str, Any]) -> set[str]:
    """The ChurnModels that an object is of, by its label (pods) or its owner (children, whatever their labels)."""
    names = {owner["name"] for owner in metadata.get("ownerReferences", []) if owner["kind"] == CHURN_MODEL.kind}
    if label := metadata.get("labels", {}).get(MODEL_LABEL):
        names.add(label)
    return names


def _log_in_by(registry: kopf.OperatorRegistry, connections: WatchConnections) -> None:
    last = -_LOGIN_PAUSE_SECONDS

    @kopf.on.login(registry=registry)
    async def login(**arguments: Any) -> kopf.AiohttpSession | None:
        nonlocal last
        # An API server that says 401 to everything is asked again, not all the time. Each answer is a session of its
        # own: kopf takes no credentials a second time, and ends where it has none.
        await asyncio.sleep(max(0.0, last + _LOGIN_PAUSE_SECONDS - time.monotonic()))
        last = time.monotonic()
        found = kopf.login_with_service_account(**arguments) or kopf.login_with_kubeconfig(**arguments)
        if found is None:
            return None
        session = connections.open_session(
            found.server, found.as_http_headers(), found.as_ssl_context(), found.proxy_url
        )
        return kopf.AiohttpSession(
            server=found.server, default_namespace=found.default_namespace, aiohttp_session=session
        )


def _resource(kind: Kind) -> tuple[str, str, str]:
    group, _, version = kind.api_version.rpartition("/")
    return group, version, kind.plural


def _configure(settings: kopf.OperatorSettings) -> None:
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.posting.enabled = False
    settings.networking.request_timeout = 20
    settings.networking.connect_timeout = 5
    settings.networking.error_backoffs = EndlessBackoff()
    settings.watching.server_timeout = _WATCH_SECONDS
    settings.watching.client_timeout = _WATCH_SECONDS + 10
    settings.watching.inactivity_timeout = _QUIET_SECONDS
    settings.process.ultimate_exiting_timeout = 25
