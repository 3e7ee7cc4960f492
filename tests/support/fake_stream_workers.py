"""A fake of the StatefulSet controller and of the stream's workers in one namespace: they roll, and answer /state.

A template comes to ordinals from the partition on, from the last one down, each when the one before is ready; pods
below it come again by the template before. No container runs, and no topic is read: no measured figure may come from
here.
"""

import asyncio
import hashlib
import json
import time
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from aiohttp import web
from churn_models.traffic import SERVING_BOUNDS, Serving, State
from churn_operator.names import METRICS_PORT
from support.api_server import ApiServer
from support.app_runner import running
from support.background_loop import BackgroundLoop
from support.fake_status import Fate, differs, is_ready, pod_status
from support.kube_client import KubeClient, Object, Refused

_TURN_SECONDS = 0.25
_PER_SECOND = 1_000
_HASH_LABEL = "controller-revision-hash"
_QUICK = sum(bound < 0.00003 for bound in SERVING_BOUNDS)


@dataclass
class _Worker:
    """One life of a pod."""

    uid: str
    digest: str
    version: str
    address: str
    began: float = field(default_factory=time.monotonic)

    def state(self, model: str, bad: bool) -> State:
        """Since then; of a bad version every fifth message is a dead letter."""
        messages = int((time.monotonic() - self.began) * _PER_SECOND)
        dead = messages // 5 if bad else 0
        scored = messages - dead
        buckets = tuple(scored * (place == _QUICK) for place in range(len(SERVING_BOUNDS) + 1))
        serving = Serving(answers=scored, failures=dead, rows=scored, seconds=scored * 0.00003, buckets=buckets)
        return State(instance=self.uid, model=model, digest=self.digest, version=self.version, serving=serving)


class FakeStreamWorkers(BackgroundLoop):
    """Start with `with FakeStreamWorkers(server, namespace) as workers`."""

    def __init__(self, server: ApiServer, namespace: str) -> None:
        super().__init__()
        self._kube: KubeClient = server.client(server.admin.token)
        self._pods_path = f"/api/v1/namespaces/{namespace}/pods"
        self._sets_path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets"
        self._before: dict[str, Object] = {}
        """The template that all pods of a StatefulSet had last, by its uid."""
        self._workers: dict[str, _Worker] = {}
        self._sites: dict[str, web.BaseSite] = {}
        self.bad: set[str] = set()
        """Digests whose workers make dead letters."""
        self.reached: dict[str, dict[str, float]] = {}
        """Which workers ever ran a digest, and since when, in their order."""

    async def work(self) -> None:
        """Turn until cancelled."""
        app = web.Application()
        app.router.add_get("/state", self._state)
        async with running(app, self._kube) as runner:
            self.ready()
            while True:
                # Another writer was faster, or something is gone: the next turn sees it.
                with suppress(Refused, httpx.TransportError):
                    await self._listen(runner, await asyncio.to_thread(self._turn))
                await asyncio.sleep(_TURN_SECONDS)

    def _turn(self) -> list[Object]:
        found = []
        for stateful_set in self._kube.items(self._sets_path):
            self._roll(stateful_set)
            found += self._pods_of(stateful_set)
        return found

    def _pods_of(self, stateful_set: Object) -> list[Object]:
        uid = stateful_set["metadata"]["uid"]
        pods = self._kube.items(self._pods_path)
        return [pod for pod in pods if any(one["uid"] == uid for one in pod["metadata"].get("ownerReferences", []))]

    def _roll(self, stateful_set: Object) -> None:
        spec, metadata = stateful_set["spec"], stateful_set["metadata"]
        before = self._before.setdefault(metadata["uid"], spec["template"])
        wanted, partition = spec["replicas"], spec["updateStrategy"]["rollingUpdate"]["partition"]
        pods = {pod["metadata"]["name"]: pod for pod in self._pods_of(stateful_set)}
        names = [f"{metadata['name']}-{ordinal}" for ordinal in range(wanted)]
        for name in pods.keys() - set(names):
            self._kube.delete(f"{self._pods_path}/{name}")
        for ordinal, name in enumerate(names):
            if name not in pods:
                self._create(stateful_set, name, spec["template"] if ordinal >= partition else before)
        for pod in pods.values():
            self._set_status(pod)
        current = [name for name in names if name in pods and _hash_of(pods[name]) == _hash(spec["template"])]
        ready = [name for name in names if name in pods and is_ready(pods[name])]
        if len(current) == len(ready) == wanted:
            self._before[metadata["uid"]] = spec["template"]
        counts = {"replicas": len(pods), "updatedReplicas": len(current)}
        counts |= {"readyReplicas": len(ready), "availableReplicas": len(ready)}
        status = {"observedGeneration": metadata["generation"], **counts}
        if differs(status, stateful_set.get("status", {})):
            self._kube.merge(f"{self._sets_path}/{metadata['name']}/status", {"status": status})
        for name in reversed(names[partition:]):
            if name in pods and name not in current:
                self._kube.delete(f"{self._pods_path}/{name}")
            if name not in current or name not in ready:
                return

    def _create(self, stateful_set: Object, name: str, template: Object) -> None:
        owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": stateful_set["metadata"]["name"]}
        metadata = {
            "name": name,
            "labels": {**template["metadata"]["labels"], _HASH_LABEL: _hash(template)},
            "annotations": template["metadata"]["annotations"],
            "ownerReferences": [{**owner, "uid": stateful_set["metadata"]["uid"], "controller": True}],
        }
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        self._set_status(self._kube.create(self._pods_path, pod))

    def _set_status(self, pod: Object) -> None:
        status = pod_status(pod, Fate())
        if differs(status, pod.get("status", {})):
            self._kube.merge(f"{self._pods_path}/{pod['metadata']['name']}/status", {"status": status})

    async def _listen(self, runner: web.AppRunner, pods: list[Object]) -> None:
        found = {pod["metadata"]["uid"]: pod for pod in pods if is_ready(pod)}
        for uid in self._sites.keys() - found.keys():
            del self._workers[uid]
            await self._sites.pop(uid).stop()
        for uid in found.keys() - self._sites.keys():
            told = found[uid]["metadata"]["annotations"]
            digest, version = told["churnserve.dev/digest"], told["churnserve.dev/version"]
            self._workers[uid] = _Worker(uid, digest, version, found[uid]["status"]["podIP"])
            self.reached.setdefault(digest, {}).setdefault(found[uid]["metadata"]["name"], time.monotonic())
            self._sites[uid] = web.TCPSite(runner, self._workers[uid].address, METRICS_PORT)
            await self._sites[uid].start()

    async def _state(self, request: web.Request) -> web.Response:
        assert request.transport is not None
        address = request.transport.get_extra_info("sockname")[0]
        found = next((one for one in self._workers.values() if one.address == address), None)
        if found is None:
            return web.Response(status=503)
        state = found.state("telco", found.digest in self.bad)
        return web.Response(body=state.model_dump_json().encode(), content_type="application/json")


def _hash(template: Object) -> str:
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()[:10]


def _hash_of(pod: Object) -> str:
    return str(pod["metadata"]["labels"][_HASH_LABEL])
