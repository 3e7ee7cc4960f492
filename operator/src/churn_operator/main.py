"""The process: connect, answer for health and metrics, wait for the Lease, then run kopf's watchers and controller."""

import asyncio
import logging
import signal
import socket
from dataclasses import dataclass
from functools import partial

import kopf
from prometheus_client import REGISTRY, start_http_server

from churn_operator.alerts_server import serve_alerts, token_in
from churn_operator.cluster.alias_owners import AliasOwners
from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.audit_trail import AuditTrail
from churn_operator.cluster.clock import utc_now
from churn_operator.cluster.drift_metrics import DriftMetrics
from churn_operator.cluster.drift_report_store import DriftReportStore
from churn_operator.cluster.drift_reports import DriftReports
from churn_operator.cluster.keda import Keda
from churn_operator.cluster.label_watch import LabelWatch, asks_at
from churn_operator.cluster.lease import Lease, act_while_leading
from churn_operator.cluster.lease_rights import missing_lease_rights
from churn_operator.cluster.pod_states import PodStates
from churn_operator.cluster.registry_watch import RegistryWatch
from churn_operator.cluster.search_watch import SearchWatch
from churn_operator.cluster.traffic_endpoint import TrafficEndpoint
from churn_operator.cluster.watch_connections import WatchConnections
from churn_operator.configuration import Configuration
from churn_operator.controller import Controller
from churn_operator.handlers import WATCHED, FirstAttempts, build_registry
from churn_operator.health import Vitals, serve_health
from churn_operator.image_pace import ImagePace
from churn_operator.loops import Loops
from churn_operator.namespaces import NO_NAMESPACE_BY_NAME, WatchedNamespaces
from churn_operator.queue import Key, KeyedQueue
from churn_operator.reconcile import Reconciler
from churn_operator.traffic_board import TrafficBoard
from churn_operator.traffic_server import serve_traffic
from churn_operator.wakes import Wakes
from churn_operator.watchdog import Watchdog, living_watchers

_RIGHTS_SECONDS = 30.0


@dataclass(frozen=True)
class Ports:
    """Of one process."""

    health: int
    metrics: int
    traffic: int
    alerts: int


async def run_operator(configuration: Configuration, ports: Ports) -> None:
    """Run until a signal comes, another operator acts, or a watcher dies."""
    told_to_end = asyncio.Event()
    _listen_for_signals(told_to_end)
    operator = _Operator(await ApiServer.connect(), configuration, told_to_end)
    start_http_server(ports.metrics, addr="::" if socket.has_dualstack_ipv6() else "0.0.0.0")
    await serve_health(ports.health, operator.vitals)
    leading, token = operator.lease.seconds_left, token_in(configuration.alerts_token)
    async with (
        serve_traffic(ports.traffic, operator.board, leading),
        serve_alerts(ports.alerts, token, operator.wakes, leading),
    ):
        await operator.run()


class _Operator:
    """The parts of one process."""

    def __init__(self, api: ApiServer, configuration: Configuration, told_to_end: asyncio.Event) -> None:
        self._api = api
        self._told_to_end = told_to_end
        self._acting = False
        self._missing_rights: str | None = None
        self.lease = Lease(configuration.settings.system_namespace, configuration.identity, api.client)
        self._loops = Loops()
        pace, queue = ImagePace(configuration.image_turns), KeyedQueue()
        self._registry = RegistryWatch(configuration.registry, queue.add, configuration.registry_poll_seconds)
        trail = AuditTrail(api, configuration.identity)
        self.board = TrafficBoard()
        labels_url = configuration.settings.labels_url
        ask = asks_at(labels_url) if labels_url else None
        self._labels = LabelWatch(configuration.registry, queue.add, ask)
        self._searches = SearchWatch(configuration.registry, queue.add, configuration.registry_poll_seconds)
        self._drift = DriftReports(DriftReportStore(api))
        REGISTRY.register(DriftMetrics(self._drift, utc_now))
        self.wakes = Wakes(self.board.knows, queue.add, partial(_add_after, queue))
        reconciler = Reconciler(
            api,
            self._registry,
            Keda(api),
            configuration.settings,
            pace,
            trail,
            AliasOwners(),
            PodStates(),
            self._drift,
            self.board,
            self._labels,
            self._searches,
        )
        self._endpoint = TrafficEndpoint(api, configuration.settings.system_namespace, configuration.address)
        self._controller = Controller(reconciler, self._loops, pace, queue)
        self._namespaces = WatchedNamespaces(
            configuration.namespaces, configuration.namespace_selector, api, self._controller
        )

    async def run(self) -> None:
        self._loops.start("rights to the Lease", self._look_at_rights)
        await act_while_leading(self._api, self.lease, self._act, self._told_to_end)
        await self._loops.stop()
        await self._api.close()

    def vitals(self) -> Vitals:
        """How the process is now."""
        return Vitals(
            acting=self._acting,
            loops=self._loops.problem(),
            watches=0 < self._expected_watchers() <= living_watchers(),
            lease=self.lease.problem or self._missing_rights,
        )

    async def _act(self) -> None:
        self._acting = True
        connections = WatchConnections(self.lease)
        watchdog = Watchdog(self._loops, self._expected_watchers, self._told_to_end)
        self._controller.start()
        self._loops.start("the Service of /traffic", self._endpoint.hold)
        self._loops.start("questions to MLflow", self._registry.turn)
        self._loops.start("questions about labels", self._labels.turn)
        self._loops.start("questions about searches", self._searches.turn)
        self._loops.start("questions to drift sidecars", self._drift.turn)
        self._loops.start("namespaces", self._namespaces.follow)
        self._loops.start("silence of watches", connections.follow_the_lease)
        self._loops.start("watchdog", watchdog.look)
        began = asyncio.Event()
        beside = [asyncio.create_task(self._end_loops()), asyncio.create_task(self._listen_again(began))]
        await kopf.operator(
            registry=build_registry(self._controller.queue, connections),
            standalone=True,
            namespaces=NO_NAMESPACE_BY_NAME,
            insights=self._namespaces.insights,
            stop_flag=self._told_to_end,
            ready_flag=began,
        )
        for task in beside:
            task.cancel()
        # The Lease is given back next; no worker may write after that.
        await self._loops.stop()

    async def _end_loops(self) -> None:
        # Before kopf ends, which would wait for whatever they have begun.
        await self._told_to_end.wait()
        await self._loops.stop()
        self._registry.close()

    async def _listen_again(self, began: asyncio.Event) -> None:
        # In place of kopf's own handlers, which tell nobody else.
        await began.wait()
        _listen_for_signals(self._told_to_end)

    async def _look_at_rights(self) -> float:
        self._missing_rights = None
        if not self._acting:
            self._missing_rights = await missing_lease_rights(self._api, self.lease.namespace)
        return _RIGHTS_SECONDS

    def _expected_watchers(self) -> int:
        return len(WATCHED) * self._namespaces.watched()


def configure_logging() -> None:
    """One line per event on standard error; kopf's own chatter only when it warns."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(FirstAttempts())
    for noisy in ("kopf", "httpx", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _listen_for_signals(told_to_end: asyncio.Event) -> None:
    # From the start: the first process of a container has no default for SIGTERM, and a standby would ignore it.
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_end.set)


def _add_after(queue: KeyedQueue, key: Key, seconds: float) -> None:
    # Not by the queue's own timers, of which a key has one: an alert must not put off what is due sooner.
    asyncio.get_running_loop().call_later(seconds, queue.add, key)
