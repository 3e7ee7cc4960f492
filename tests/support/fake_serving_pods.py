"""Plays the serving pods of a namespace to a real operator: they ask it /traffic and answer its questions at /state.

The fake kubelet makes the pods; each listens on an address of its own, as `fake_status` has it. They find the operator
by its Service, as the API server has it. What a pod does with requests and words is `simulated_pods`'; no container
runs, and no measured figure of serving may come from here.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import httpx
import numpy as np
from aiohttp import web
from churn_models.errors import ChurnModelsError
from churn_models.traffic import State, Traffic
from churn_operator.names import METRICS_PORT, SERVING_CONTAINER, Track
from support.api_server import ApiServer
from support.app_runner import running
from support.background_loop import BackgroundLoop
from support.fake_mlflow_registry import FakeVersion
from support.fake_status import is_ready
from support.integration_rig import RunningOperator
from support.kube_client import KubeClient, Object, Refused
from support.simulated_pods import SimulatedPod
from support.simulated_versions import Version

_TURN_SECONDS = 0.25
_ASK_SECONDS = 1.0
_STARTED_LONG_AGO = 1e6


@dataclass(frozen=True)
class RegisteredVersion(Version):
    """One that the fake MLflow has."""

    registered: str = ""
    """The digest of its manifest."""

    @property
    def digest(self) -> str:
        """Of its bundle."""
        return self.registered


@dataclass(frozen=True)
class Answers:
    """What users got."""

    at: float
    """Seconds since the epoch."""
    by: dict[str, int]
    """How many by each digest."""


class FakeServingPods(BackgroundLoop):
    """Start with `with FakeServingPods(server, namespace, system) as pods`."""

    def __init__(self, server: ApiServer, namespace: str, system: str, per_second: float = 100.0) -> None:
        super().__init__()
        self._kube: KubeClient = server.client(server.admin.token)
        self._pods_path = f"/api/v1/namespaces/{namespace}/pods"
        self._slice_path = f"/apis/discovery.k8s.io/v1/namespaces/{system}/endpointslices/churn-operator-traffic"
        self._operators: dict[str, str] = {}
        self._versions: dict[str, dict[str, Version]] = {}
        self._sites: dict[str, web.BaseSite] = {}
        self._rng = np.random.default_rng(16)
        self.per_second = per_second
        """Requests to each ready pod."""
        self.pods: dict[str, SimulatedPod] = {}
        """Those that run now, by name."""
        self.models: dict[str, str] = {}
        """Of the same, which ChurnModel they are of."""
        self.answers: list[Answers] = []
        """In every turn of all pods."""
        self.refusals: Counter[int] = Counter()
        """Answers of the operator to questions for traffic that were not 200, by status."""

    def reach(self, *operators: RunningOperator) -> None:
        """The Service may lead to these."""
        for operator in operators:
            self._operators[operator.process.address] = operator.process.traffic_url

    def register(self, version: FakeVersion, behaviour: Version) -> Version:
        """How pods of this version do, or its table in others; the running ones, too."""
        found = RegisteredVersion(**{**vars(behaviour), "number": version.version}, registered=version.digest)
        self._versions.setdefault(version.model, {})[version.version] = found
        for pod in list(self.pods.values()):
            if pod.runs.digest == found.digest:
                pod.runs = found
        return found

    def of(self, model: str, track: Track = Track.STABLE) -> list[SimulatedPod]:
        """The ready pods of a ChurnModel."""
        pods = list(self.pods.items())
        return [pod for name, pod in pods if self.models[name] == model and pod.track is track and pod.ready]

    def weights(self, model: str) -> set[int]:
        """In force in its stable pods that try something now."""
        return {pod.trial[1].weight if pod.trial else 0 for pod in self.of(model)}

    def answered(self, digest: str, since: float = 0.0) -> int:
        """How many requests a version has answered since then."""
        return sum(one.by.get(digest, 0) for one in list(self.answers) if one.at >= since)

    def last_answer(self, digest: str) -> float:
        """When it answered last; 0.0: never."""
        return max((one.at for one in list(self.answers) if one.by.get(digest)), default=0.0)

    async def work(self) -> None:
        """Turn until cancelled."""
        app = web.Application()
        app.router.add_get("/state", self._state)
        async with running(app, self._kube) as runner:
            self.ready()
            async with httpx.AsyncClient(timeout=_ASK_SECONDS, trust_env=False) as client:
                while True:
                    await self._turn(runner, client)
                    await asyncio.sleep(_TURN_SECONDS)

    async def _turn(self, runner: web.AppRunner, client: httpx.AsyncClient) -> None:
        listed = await asyncio.to_thread(self._listed)
        if listed is not None:
            await self._follow(runner, listed)
        url = await asyncio.to_thread(self._leader)
        pods = dict(self.pods)
        words = await asyncio.gather(*(self._ask(client, url, pod) for pod in pods.values()))
        now, counted = time.monotonic(), Counter[str]()
        by_address = {pod.address: pod for pod in pods.values()}
        for pod, word in zip(pods.values(), words, strict=True):
            passed = now - pod.now
            pod.turn(now)
            pod.hear(word, by_address)
            if pod.track is Track.STABLE:
                counted.update(pod.serve(int(self._rng.poisson(self.per_second * passed)), self._rng))
        self.answers.append(Answers(time.time(), dict(counted)))

    def _listed(self) -> list[Object] | None:
        with suppress(Refused, httpx.TransportError):
            return [pod for pod in self._kube.items(self._pods_path) if _track(pod) and is_ready(pod)]
        return None

    def _leader(self) -> str | None:
        with suppress(Refused, httpx.TransportError):
            found = self._kube.find(self._slice_path)
            return self._operators.get(found["endpoints"][0]["addresses"][0]) if found else None
        return None

    async def _follow(self, runner: web.AppRunner, listed: list[Object]) -> None:
        found = {pod["metadata"]["name"]: pod for pod in listed}
        for name in self.pods.keys() - found.keys():
            del self.pods[name]
            await self._sites.pop(name).stop()
        for name in found.keys() - self.pods.keys():
            pod = self._made(found[name])
            if pod is None:
                continue
            self._sites[name] = web.TCPSite(runner, pod.address, METRICS_PORT)
            await self._sites[name].start()
            self.models[name] = found[name]["metadata"]["labels"]["churnserve.dev/model"]
            self.pods[name] = pod

    def _made(self, pod: Object) -> SimulatedPod | None:
        """None where its version does nothing here."""
        metadata = pod["metadata"]
        arguments = _arguments(pod)
        versions = next((known for known in self._versions.values() if _runs(known, arguments) is not None), None)
        runs = _runs(versions, arguments) if versions else None
        if versions is None or runs is None:
            return None
        now = time.monotonic()
        made = SimulatedPod(
            name=metadata["name"],
            address=pod["status"]["podIP"],
            revision=metadata["labels"]["churnserve.dev/revision"],
            track=Track(metadata["labels"]["churnserve.dev/track"]),
            runs=runs,
            versions=versions,
            created=now - _STARTED_LONG_AGO,
        )
        made.turn(now)
        return made

    async def _ask(self, client: httpx.AsyncClient, url: str | None, pod: SimulatedPod) -> Traffic | None:
        if url is None:
            return None
        namespace = self._pods_path.split("/")[4]
        try:
            answer = await client.get(f"{url}/{namespace}/{self.models[pod.name]}", params={"pod": pod.name})
            if answer.status_code != 200:
                self.refusals[answer.status_code] += 1
                return None
            return Traffic.read(answer.content)
        except (httpx.HTTPError, ChurnModelsError):
            return None

    async def _state(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        address = request.transport.get_extra_info("sockname")[0]
        pod = next((one for one in self.pods.values() if one.address == address), None)
        state = pod.state() if pod else None
        if pod is None or state is None:
            return web.Response(status=503)
        return _json(state.model_copy(update={"model": self.models[pod.name]}))


def _json(state: State) -> web.Response:
    return web.Response(text=state.model_dump_json(), content_type="application/json")


def _track(pod: Object) -> str | None:
    track: str | None = pod["metadata"].get("labels", {}).get("churnserve.dev/track")
    return track


def _arguments(pod: Object) -> list[str]:
    (server,) = (one for one in pod["spec"]["containers"] if one["name"] == SERVING_CONTAINER)
    arguments: list[str] = server["args"]
    return arguments


def _runs(versions: dict[str, Version] | None, arguments: list[str]) -> Version | None:
    digest = arguments[arguments.index("--digest") + 1]
    return next((one for one in (versions or {}).values() if one.digest == digest), None)
