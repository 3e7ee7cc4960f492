"""A pod whose drift sidecar counts: `gather` lists them, `cluster/drift_reports` asks them and adds up by revision."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from churn_operator.api.manifest import Manifest
from churn_operator.names import REVISION_LABEL
from churn_operator.observe.pod_failure import ready_since
from churn_operator.observe.watching import has_sidecar, why_unwatched


class PodKind(StrEnum):
    """Whose rows its sidecar counts."""

    SERVER = "server"  # users' requests, which come to any pod by chance
    WORKER = "worker"  # messages of the partitions that it has


@dataclass(frozen=True)
class SidecarPod:
    """One that answers users, or scores a topic."""

    name: str
    address: str
    """Empty before it has one."""
    revision: str
    kind: PodKind = PodKind.SERVER
    ready_since: str = ""
    """Empty while it is not."""
    unwatched: str = ""
    """Why the sidecar does not run, in a sentence; empty where it does."""


def read_sidecar_pods(pods: Iterable[Manifest], kind: PodKind) -> tuple[SidecarPod, ...]:
    """Those of the pods that have a sidecar, by name."""
    found = (_read(pod, kind) for pod in pods if has_sidecar(pod))
    return tuple(sorted(found, key=lambda pod: pod.name))


def _read(pod: Manifest, kind: PodKind) -> SidecarPod:
    metadata = pod["metadata"]
    return SidecarPod(
        name=metadata["name"],
        address=pod.get("status", {}).get("podIP") or "",
        revision=(metadata.get("labels") or {}).get(REVISION_LABEL, ""),
        kind=kind,
        ready_since=ready_since(pod),
        unwatched=why_unwatched(pod),
    )
