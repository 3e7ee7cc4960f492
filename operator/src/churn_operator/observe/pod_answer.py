"""One serving pod, and what it says at /state: `gather` lists them, `cluster/pod_states` asks, the rules judge."""

from collections.abc import Iterable
from dataclasses import dataclass

from churn_models.traffic import State

from churn_operator.api.manifest import Manifest
from churn_operator.names import (
    REVISION_LABEL,
    SERVING_CONTAINER,
    STREAM_CONTAINER,
    TRACK_LABEL,
    Track,
    candidate_name,
)
from churn_operator.observe.ownership import made_by
from churn_operator.observe.pod_failure import container_statuses, is_ready, ready_since


@dataclass(frozen=True)
class PodAnswer:
    """A pod of one track."""

    name: str
    address: str
    """Empty before it has one."""
    revision: str
    track: Track
    ready: bool
    ready_since: str = ""
    """Empty while it is not."""
    state: State | None = None
    """None: it was not asked, or has not answered in time. That is unknown, never bad."""
    heard_since: str = ""
    """Since when it has answered whenever it was asked; empty while it does not."""
    is_mute: bool = False
    """It answers that it knows no /state: its image is from before that."""
    first: State | None = None
    """What the same process said when it was first heard while this is tried; its counts since are a difference."""
    started: str = ""
    """When its present process began; empty where that is not known."""

    def said_before(self, looked_since: str) -> State | None:
        """What the process had said at first, where it is older than the look at all pods; None: all is from then on.

        A new pod is compared with old ones of the same minutes: an operator that takes over would else hold against it
        alone what all have seen.
        """
        return self.first if self.started and self.started < looked_since else None


def read_pods(model: str, pods: Iterable[Manifest]) -> tuple[PodAnswer, ...]:
    """Those of the ChurnModel's own Deployments, by name; not asked yet."""
    return tuple(sorted(map(_read, (pod for pod in pods if _counts(model, pod))), key=lambda pod: pod.name))


def read_worker(pod: Manifest) -> PodAnswer:
    """A worker of the stream, not asked yet. Its track says nothing: it answers nobody."""
    return PodAnswer(
        name=pod["metadata"]["name"],
        address=pod.get("status", {}).get("podIP") or "",
        revision=revision_of(pod),
        track=Track.STABLE,
        ready=is_ready(pod),
        ready_since=ready_since(pod),
        started=_started(pod),
    )


def _started(pod: Manifest) -> str:
    ours = (SERVING_CONTAINER, STREAM_CONTAINER)
    states = (one.get("state") or {} for one in container_statuses(pod) if one["name"] in ours)
    return next(((one.get("running") or {}).get("startedAt") or "" for one in states), "")


def revision_of(pod: Manifest) -> str:
    """Empty where it has none."""
    return str((pod["metadata"].get("labels") or {}).get(REVISION_LABEL, ""))


def _counts(model: str, pod: Manifest) -> bool:
    """A verifier that ends is of the candidate before."""
    match (pod["metadata"].get("labels") or {}).get(TRACK_LABEL):
        case Track.STABLE:
            return made_by(pod, model)
        case Track.CANDIDATE:
            return made_by(pod, candidate_name(model)) and "deletionTimestamp" not in pod["metadata"]
    return False


def _read(pod: Manifest) -> PodAnswer:
    metadata = pod["metadata"]
    labels = metadata["labels"]
    return PodAnswer(
        name=metadata["name"],
        address=pod.get("status", {}).get("podIP") or "",
        revision=labels.get(REVISION_LABEL, ""),
        track=Track(labels[TRACK_LABEL]),
        ready=is_ready(pod),
        ready_since=ready_since(pod),
        started=_started(pod),
    )
