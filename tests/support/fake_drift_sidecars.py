"""Plays the drift sidecars of a namespace's pods to a real operator: it asks them /report and /reference.

The fake kubelet makes the pods; each listens on an address of its own, as `fake_status` has it. What they count is what
a test says, by the real counters of `churn_models.drift`; no container runs.
"""

import asyncio
from collections import Counter
from contextlib import suppress

import httpx
from aiohttp import web
from churn_operator.names import DRIFT_CONTAINER, DRIFT_PORT
from support.api_server import ApiServer
from support.app_runner import running
from support.background_loop import BackgroundLoop
from support.drift_pods import Sidecar, World
from support.fake_status import is_ready, now
from support.kube_client import KubeClient, Object, Refused

_TURN_SECONDS = 0.25


class FakeDriftSidecars(BackgroundLoop):
    """Start with `with FakeDriftSidecars(server, namespace, world) as sidecars`."""

    def __init__(self, server: ApiServer, namespace: str, world: World) -> None:
        super().__init__()
        self._kube: KubeClient = server.client(server.admin.token)
        self._path = f"/api/v1/namespaces/{namespace}/pods"
        self._world = world
        self._reference = world.reference.model_dump_json()
        self._sites: dict[str, web.BaseSite] = {}
        self._addresses: dict[str, str] = {}
        self.sidecars: dict[str, Sidecar] = {}
        """Of the pods that run now, by name."""
        self.asked: Counter[str] = Counter()
        """Questions by path."""
        self.silent = False
        """They accept connections and answer nobody."""

    def count(self, rows: int, seed: int, missing: float = 0.0) -> None:
        """Users ask every pod for so many rows."""
        for place, sidecar in enumerate(list(self.sidecars.values())):
            sidecar.count(self._world.rows(rows, 100 * seed + place, missing))

    async def work(self) -> None:
        """Follow the pods until cancelled."""
        app = web.Application()
        app.router.add_get("/report", self._report)
        app.router.add_get("/reference", self._tell_reference)
        async with running(app, self._kube) as runner:
            self.ready()
            while True:
                with suppress(Refused, httpx.TransportError):
                    await self._follow(runner, await asyncio.to_thread(self._kube.items, self._path))
                await asyncio.sleep(_TURN_SECONDS)

    async def _follow(self, runner: web.AppRunner, listed: list[Object]) -> None:
        found = {pod["metadata"]["name"]: pod for pod in listed if is_ready(pod) and _arguments(pod)}
        for name in self.sidecars.keys() - found.keys():
            del self.sidecars[name]
            await self._sites.pop(name).stop()
        for name in found.keys() - self.sidecars.keys():
            arguments, address = _arguments(found[name]), found[name]["status"]["podIP"]
            digest = arguments[arguments.index("--digest") + 1]
            self._sites[name] = web.TCPSite(runner, address, DRIFT_PORT)
            await self._sites[name].start()
            self._addresses[address] = name
            self.sidecars[name] = Sidecar(self._world, f"sidecar-of-{name}", now(), digest)

    async def _report(self, request: web.Request) -> web.Response:
        self.asked["/report"] += 1
        if self.silent:
            await asyncio.sleep(60)
        assert request.transport is not None
        name = self._addresses.get(request.transport.get_extra_info("sockname")[0], "")
        if name not in self.sidecars:
            return web.Response(status=503)
        return web.Response(text=self.sidecars[name].report().model_dump_json(), content_type="application/json")

    async def _tell_reference(self, request: web.Request) -> web.Response:
        self.asked["/reference"] += 1
        return web.Response(text=self._reference, content_type="application/json")


def _arguments(pod: Object) -> list[str]:
    """Of its sidecar; none where it has none."""
    found = (one["args"] for one in pod["spec"].get("initContainers", []) if one["name"] == DRIFT_CONTAINER)
    arguments: list[str] = next(found, [])
    return arguments
