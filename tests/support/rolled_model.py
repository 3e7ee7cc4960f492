"""A ChurnModel of the tests of rollouts: what a person does with it, and what the audit chain has of it."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from support.churn_model_watch import ChurnModelWatch, Seen
from support.kubernetes_cluster import Cluster

TRACK_SELECTOR = "churnserve.dev/model={},churnserve.dev/track={}"
_AUDIT = "churnserve.dev/model={},app.kubernetes.io/component=audit"
_ENDS = frozenset({"Rejected", "SafeMode", "Stable"})


@dataclass(frozen=True)
class Record:
    """One record of the chain."""

    sequence: int
    time: float
    kind: str
    action: str
    version: str
    message: str
    rollout: dict[str, Any]


@dataclass(frozen=True)
class Tried:
    """A version that was wanted, and what became of it."""

    version: str
    since: float
    end: Seen
    states: list[str]
    records: list[Record]

    @property
    def condition(self) -> dict[str, Any]:
        """Ready at the end."""
        found: dict[str, Any] = next(one for one in self.end.status["conditions"] if one["type"] == "Ready")
        return found

    def decisions(self, action: str) -> list[Record]:
        """For this action about this version, in order; the first records may be of what was tried before."""
        decided = [one for one in self.records if (one.kind, one.action) == ("Decision", action)]
        return [one for one in decided if self.version in (one.version, one.rollout.get("version"))]


@dataclass(frozen=True)
class RolledModel:
    """One of those that are watched."""

    cluster: Cluster
    watch: ChurnModelWatch
    name: str

    def apply(self, spec: dict[str, Any]) -> None:
        """As a person would."""
        metadata = {"name": self.name, "namespace": "churn"}
        manifest = {"apiVersion": "churnserve.dev/v1alpha1", "kind": "ChurnModel", "metadata": metadata, "spec": spec}
        self.cluster.kubectl.run("apply", "-f", "-", stdin=json.dumps(manifest))

    def change(self, **spec: object) -> float:
        """Merge this into the spec; the moment before."""
        before = time.time()
        self.cluster.kubectl.patch_spec(f"churnmodel/{self.name}", spec)
        return before

    def delete(self) -> None:
        """With its children and its audit records."""
        kubectl = self.cluster.kubectl
        kubectl.run("-n", "churn", "delete", f"churnmodel/{self.name}", "--ignore-not-found", "--timeout=60s")
        kubectl.run("-n", "churn", "delete", "configmaps", "-l", _AUDIT.format(self.name))

    def wait_stable(self, version: str, seconds: float, after: float = 0.0) -> Seen:
        """Until this version is the stable one, and nothing is left to do."""
        return self.watch.wait(self.name, lambda seen: _is_stable(seen, version), seconds, after)

    def try_version(self, version: str, seconds: float, **more: object) -> Tried:
        """Want this version, and whatever else is changed in the same moment, until it is stable or turned out bad."""
        since = self.change(model={"version": version}, **more)
        return self.follow(version, since, seconds)

    def follow(self, version: str, since: float, seconds: float) -> Tried:
        """Until what was wanted at that moment is stable or turned out bad."""
        begun = self.watch.wait(self.name, lambda seen: seen.state not in _ENDS, seconds, since)
        end = self.watch.wait(self.name, lambda seen: seen.state in _ENDS, seconds, begun.time)
        states = [seen.state for seen in self.watch.since(self.name, since) if seen.time <= end.time]
        return Tried(version, since, end, states, self.records(since))

    def records(self, since: float = 0.0) -> list[Record]:
        """Those of the chain from this moment on; the chain's times are whole seconds."""
        selector = _AUDIT.format(self.name)
        segments = self.cluster.kubectl.get("-n", "churn", "configmaps", "-l", selector)["items"]
        texts = [text for segment in segments for text in segment.get("data", {}).values()]
        found = sorted((_record(json.loads(text)) for text in texts), key=lambda record: record.sequence)
        return [record for record in found if record.time >= since - 1]

    def pods(self, track: str = "stable") -> list[dict[str, Any]]:
        """Those that are not about to end."""
        selector = TRACK_SELECTOR.format(self.name, track)
        items = self.cluster.kubectl.get("-n", "churn", "pods", "-l", selector)["items"]
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]


def _is_stable(seen: Seen, version: str) -> bool:
    return seen.state == "Stable" and bool(seen.status.get("stable", {}).get("version") == version)


def _record(data: dict[str, Any]) -> Record:
    moment = datetime.strptime(data["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    return Record(
        sequence=int(data["sequence"]),
        time=moment,
        kind=data["kind"],
        action=data["action"],
        version=data.get("version", ""),
        message=data.get("message", ""),
        rollout=data.get("rollout") or {},
    )
