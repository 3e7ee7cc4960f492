"""The process: connect, answer for health and metrics, wait for the Lease, then run kopf's watchers and controller."""

import asyncio
import logging

import kopf
from prometheus_client import start_http_server

from churn_operator.cluster.api_server import ApiServer
from churn_operator.cluster.lease import act_while_leading
from churn_operator.configuration import Configuration
from churn_operator.controller import Controller
from churn_operator.handlers import WATCHED, build_registry
from churn_operator.health import serve_health
from churn_operator.reconcile import Reconciler
from churn_operator.watchdog import watch_the_watchers


async def run_operator(configuration: Configuration, health_port: int, metrics_port: int) -> None:
    """Run until a signal comes, the Lease is lost, or a watcher dies."""
    api = await ApiServer.connect()
    reconciler = Reconciler(api, configuration.registry, configuration.settings)
    controller = Controller(reconciler, configuration.namespaces)
    start_http_server(metrics_port)
    acting = asyncio.Event()
    watchers = len(WATCHED) * len(configuration.namespaces)
    await serve_health(health_port, acting, watchers, lambda: controller.last_answer)

    async def act() -> None:
        acting.set()
        loops = [asyncio.create_task(loop) for loop in controller.loops()]
        told_to_end = asyncio.Event()
        loops.append(asyncio.create_task(watch_the_watchers(watchers, told_to_end)))
        registry = build_registry(controller.queue)
        await kopf.operator(
            registry=registry, standalone=True, namespaces=configuration.namespaces, stop_flag=told_to_end
        )
        # The Lease is given back next; no worker may write after that.
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)

    await act_while_leading(api, configuration.settings.system_namespace, configuration.identity, act)


def configure_logging() -> None:
    """One line per event on standard error; kopf's own chatter only when it warns."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("kopf", "httpx", "aiohttp"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
