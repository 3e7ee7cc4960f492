"""How far the workers of spec.stream have come: read from their StatefulSet and its pods."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from churn_operator.api.manifest import Manifest
from churn_operator.names import DIGEST_ANNOTATION, VERSION_ANNOTATION
from churn_operator.observe.deployed import is_rolled_out, template_revision
from churn_operator.observe.ownership import is_worker_of
from churn_operator.observe.pending import find_denied_pod, find_pending
from churn_operator.observe.pod_answer import PodAnswer, read_worker, revision_of
from churn_operator.observe.pod_failure import PodFailure, find_failure
from churn_operator.observe.stream_reach import StreamReach, read_stream_reach
from churn_operator.observe.stream_roll import StreamRoll, read_stream_roll


@dataclass(frozen=True)
class StreamWorkers:
    """Of one StatefulSet."""

    revision: str
    """Which its template names."""
    version: str | None
    digest: str | None
    wanted: int
    ready: int
    """Of whatever revision."""
    updated: int
    """Ready ones of the template's revision."""
    rolled_out: bool
    """Every one that is wanted is ready, with the present template."""
    failure: PodFailure | None = None
    """Why one ends again and again."""
    pending: str | None = None
    """Why one cannot start, though it is not the version's fault."""
    others_failure: PodFailure | None = None
    """Why one of another revision than the template's ends again and again."""
    roll: StreamRoll = field(default_factory=StreamRoll)
    """How the template's revision comes to them."""
    pods: tuple[PodAnswer, ...] = ()
    """All of them, by name."""
    reach: StreamReach = field(default_factory=StreamReach)
    """Where any of them goes, and those that the template will make."""
    looked_since: str = ""
    """Since when this operator has compared them; empty where nothing is compared."""

    @property
    def first(self) -> tuple[PodAnswer, ...]:
        """Those of the template's revision: one, while it is compared, or more after they were scaled up."""
        return tuple(pod for pod in self.pods if pod.revision == self.revision)

    @property
    def others(self) -> tuple[PodAnswer, ...]:
        """Those of another revision."""
        return tuple(pod for pod in self.pods if pod.revision != self.revision)


def workers_of(stateful_set: Manifest, pods: Sequence[Manifest]) -> list[Manifest]:
    """Of several pods those that it has made."""
    return [pod for pod in pods if is_worker_of(pod, stateful_set)]


def read_stream(stateful_set: Manifest, workers: Sequence[Manifest], events: Sequence[Manifest] = ()) -> StreamWorkers:
    """Of the StatefulSet, its pods, and the Events about it, which alone tell of a pod that was denied."""
    template = stateful_set["spec"]["template"]["metadata"]
    told, revision = template.get("annotations") or {}, template_revision(stateful_set)
    pods = tuple(sorted(map(read_worker, workers), key=lambda pod: pod.name))
    ready = [pod for pod in pods if pod.ready]
    others = [pod for pod in workers if revision_of(pod) != revision]
    return StreamWorkers(
        revision=revision,
        version=told.get(VERSION_ANNOTATION),
        digest=told.get(DIGEST_ANNOTATION),
        wanted=stateful_set["spec"].get("replicas", 1),
        ready=len(ready),
        updated=sum(pod.revision == revision for pod in ready),
        rolled_out=is_rolled_out(stateful_set),
        failure=find_failure(workers),
        pending=find_pending(stateful_set, workers) or find_denied_pod(events),
        others_failure=find_failure(others),
        roll=read_stream_roll(stateful_set),
        pods=pods,
        reach=reduce(StreamReach.plus, map(read_stream_reach, [stateful_set["spec"]["template"], *workers])),
    )
