"""A fake of the deployment controller and the kubelet, for the integration tests alone: no container ever runs.

It creates a Deployment's Pods (through real admission) and deletes them with it, gives them the status that a
kubelet would, rolls a new template out with maxSurge 1 and maxUnavailable 0, and ends Jobs as a test decides.
No measured figure of serving may come from it.
"""

import asyncio
import json
import ssl
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import httpx
from support.api_server import ApiServer
from support.background_loop import BackgroundLoop
from support.fake_rollout import FakeRollout
from support.fake_status import Fate, JobEnd, differs, job_status, now
from support.kube_client import KubeClient, Object, Refused

_DEPLOYMENTS = "/apis/apps/v1/deployments"
_PODS = "/api/v1/pods"
_JOBS = "/apis/batch/v1/jobs"
_RETRY_SECONDS = 0.2


JobDecision = Callable[[Object], JobEnd | None]
"""Says how a Job ends; None leaves it running and is asked again."""

_Key = tuple[str, str, str]


class FakeKubelet(BackgroundLoop):
    """Start with `with FakeKubelet(server) as kubelet`; it looks after all namespaces."""

    def __init__(self, server: ApiServer) -> None:
        super().__init__()
        self._kube: KubeClient = server.client(server.admin.token)
        self._tls = ssl.create_default_context(cafile=str(server.authority))
        self._fates: list[tuple[str, str, Fate]] = []
        self._decisions: list[tuple[str, str, JobDecision]] = []
        self._since: dict[tuple[str, str], float] = {}
        self._templates: dict[str, str] = {}
        self.template_changes: Counter[str] = Counter()
        """How often the pod template of a Deployment was another one than before, by its uid; the first counts."""

    def decide(self, namespace: str, text: str, fate: Fate) -> None:
        """Pods of the namespace that hold this text, such as a digest or their name, end so, the existing ones too."""
        self._fates.insert(0, (namespace, text, fate))
        self._wake_all()

    def end_jobs(self, namespace: str, text: str, decision: JobDecision) -> None:
        """Ask `decision` about every Job of the namespace that holds the text; without one, Jobs run forever."""
        self._decisions.insert(0, (namespace, text, decision))
        self._wake_all()

    async def work(self) -> None:
        """Watch, and bring one object after the other closer to what is wanted, until cancelled."""
        self._queue: asyncio.Queue[_Key] = asyncio.Queue()
        self._waiting: set[_Key] = set()
        headers = self._kube.headers
        async with httpx.AsyncClient(base_url=self._kube.url, headers=headers, verify=self._tls, timeout=None) as kube:
            watches = [asyncio.ensure_future(self._follow(kube, path)) for path in (_DEPLOYMENTS, _PODS, _JOBS)]
            self.ready()
            try:
                while True:
                    await self._next()
            finally:
                for watch in watches:
                    watch.cancel()
                self._kube.close()

    async def _next(self) -> None:
        key = await self._queue.get()
        self._waiting.discard(key)
        kind, namespace, name = key
        step = self._deployment if kind == "Deployment" else self._job
        try:
            settled = await asyncio.to_thread(step, namespace, name)
        except (Refused, httpx.TransportError) as error:
            # Another writer was faster, or admission refuses the pod: a controller tries again.
            settled = isinstance(error, Refused) and error.status == 404
        if not settled:
            self.loop.call_later(_RETRY_SECONDS, self._wake, key)

    def _wake(self, key: _Key) -> None:
        if key not in self._waiting:
            self._waiting.add(key)
            self._queue.put_nowait(key)

    def _wake_all(self) -> None:
        for path, kind in ((_DEPLOYMENTS, "Deployment"), (_JOBS, "Job")):
            for found in self._kube.items(path):
                key = (kind, found["metadata"]["namespace"], found["metadata"]["name"])
                self.loop.call_soon_threadsafe(self._wake, key)

    async def _follow(self, kube: httpx.AsyncClient, path: str) -> None:
        while True:
            with suppress(httpx.TransportError, KeyError, json.JSONDecodeError):
                listed = (await kube.get(path)).json()
                for found in listed["items"]:
                    self._notice(path, found)
                query = {"watch": "true", "resourceVersion": listed["metadata"]["resourceVersion"]}
                async with kube.stream("GET", path, params=query) as stream:
                    async for line in stream.aiter_lines():
                        self._notice(path, json.loads(line)["object"])
            await asyncio.sleep(_RETRY_SECONDS)

    def _notice(self, path: str, found: Object) -> None:
        metadata = found["metadata"]
        if path == _JOBS:
            self._wake(("Job", metadata["namespace"], metadata["name"]))
        elif path == _DEPLOYMENTS:
            self._wake(("Deployment", metadata["namespace"], metadata["name"]))
        else:
            for owner in metadata.get("ownerReferences", []):
                self._wake((owner["kind"], metadata["namespace"], owner["name"]))

    def _deployment(self, namespace: str, name: str) -> bool:
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
        deployment = self._kube.find(path)
        if deployment is None:
            self._collect(namespace, name)
            return True
        rollout = FakeRollout(self._kube, deployment, partial(self._fate, namespace))
        self._note_template(deployment["metadata"]["uid"], rollout.template_hash)
        rollout.step()
        status = rollout.status(self._late(deployment, rollout))
        if differs(status, deployment.get("status", {})):
            self._kube.merge(f"{path}/status", {"status": status})
        return rollout.finished

    def _note_template(self, uid: str, template_hash: str) -> None:
        if self._templates.get(uid) != template_hash:
            self._templates[uid] = template_hash
            self.template_changes[uid] += 1

    def _collect(self, namespace: str, name: str) -> None:
        # What the garbage collector would do with the pods of a Deployment that is gone.
        for pod in self._kube.items(f"/api/v1/namespaces/{namespace}/pods"):
            owners = [(owner["kind"], owner["name"]) for owner in pod["metadata"].get("ownerReferences", [])]
            if ("Deployment", name) in owners:
                self._kube.delete(f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}")

    def _late(self, deployment: Object, rollout: FakeRollout) -> bool:
        key = (deployment["metadata"]["uid"], rollout.template_hash)
        if rollout.finished:
            self._since.pop(key, None)
            return False
        began = self._since.setdefault(key, time.monotonic())
        deadline: int = deployment["spec"].get("progressDeadlineSeconds", 600)
        return time.monotonic() - began > deadline

    def _fate(self, namespace: str, template: str) -> Fate:
        for where, text, fate in self._fates:
            if where == namespace and text in template:
                return fate
        return Fate()

    def _decision(self, namespace: str, job: str) -> JobDecision | None:
        found = (one for where, text, one in self._decisions if where == namespace and text in job)
        return next(found, None)

    def _job(self, namespace: str, name: str) -> bool:
        path = f"/apis/batch/v1/namespaces/{namespace}/jobs/{name}"
        job = self._kube.get(path)
        if job.get("status", {}).get("conditions"):
            return True
        decision = self._decision(namespace, json.dumps(job))
        end = decision(job) if decision else None
        if end is None:
            if not job.get("status", {}).get("active"):
                self._kube.merge(f"{path}/status", {"status": {"active": 1, "ready": 1, "startTime": now()}})
            return decision is None
        self._kube.merge(f"{path}/status", {"status": job_status(job, end)})
        return True
