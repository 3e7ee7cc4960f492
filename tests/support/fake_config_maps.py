"""ConfigMaps in memory, changed as the API server lets them be changed: by the resourceVersion that was read last."""

from copy import deepcopy
from dataclasses import dataclass, field

from churn_operator.api.manifest import Manifest
from churn_operator.cluster.kinds import Kind
from churn_operator.errors import ClusterError, Conflict, Denied, NotFound


@dataclass
class FakeConfigMaps:
    """It stands for the adapter. `fault` is raised once: before the next write, or after it, when its reply is lost."""

    held: dict[str, Manifest] = field(default_factory=dict)
    fault: ClusterError | None = None
    loses_reply: bool = False
    requests: list[str] = field(default_factory=list)
    _version: int = 0

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest:
        """One, as it is now."""
        self.requests.append(f"get {name}")
        if name not in self.held:
            raise NotFound(name)
        return deepcopy(self.held[name])

    async def create(self, kind: Kind, namespace: str, manifest: Manifest) -> Manifest:
        """A new one."""
        name = manifest["metadata"]["name"]
        self.requests.append(f"create {name}")
        if name in self.held:
            raise Conflict(name)
        return self._write(name, deepcopy(manifest))

    async def merge(self, kind: Kind, manifest: Manifest) -> Manifest:
        """More keys for one of the manifest's resourceVersion."""
        name = manifest["metadata"]["name"]
        self.requests.append(f"merge {name}")
        if name not in self.held:
            raise NotFound(name)
        live = deepcopy(self.held[name])
        if live["metadata"]["resourceVersion"] != manifest["metadata"]["resourceVersion"]:
            raise Conflict(name)
        if live.get("immutable"):
            raise Denied(name)
        return self._write(name, {**live, "data": {**live["data"], **manifest["data"]}})

    def edit(self, name: str, **changes: object) -> None:
        """As a person does it."""
        self._write(name, {**deepcopy(self.held[name]), **changes})

    def _write(self, name: str, body: Manifest) -> Manifest:
        fault, self.fault = self.fault, None
        if fault and not self.loses_reply:
            raise fault
        self._version += 1
        body["metadata"]["resourceVersion"] = str(self._version)
        self.held[name] = body
        if fault:
            raise fault
        return deepcopy(body)
