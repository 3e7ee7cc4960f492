"""A serving Deployment without a cluster: in rolling updates as many pods are ready as are wanted, one more at most."""

from collections.abc import Callable
from dataclasses import dataclass, field

from churn_operator.api.status import Reason
from churn_operator.observe.deployed import Deployed
from churn_operator.observe.pod_failure import PodFailure
from support.simulated_pods import START_SECONDS, SimulatedPod
from support.simulated_versions import Starts

Start = Callable[[str], SimulatedPod]


@dataclass
class SimulatedDeployment:
    """One Deployment and its pods."""

    revision: str
    start: Start
    """Makes a pod of a revision."""
    wanted: int = 2
    is_paused: bool = False
    pods: list[SimulatedPod] = field(default_factory=list)

    def turn(self, now: float) -> None:
        """One round of its controllers; pods that are not needed go at once."""
        for pod in self.pods:
            pod.turn(now)
        self._scale_down()
        updated = [pod for pod in self.pods if pod.revision == self.revision]
        is_scaling = len(self.pods) < self.wanted
        # A paused Deployment still has as many pods as are wanted, of the revisions that it has.
        if self.is_paused and is_scaling:
            self.pods.append(self.start(self._paused_revision()))
        elif not self.is_paused and len(updated) < self.wanted and len(self.pods) <= self.wanted:
            self.pods.append(self.start(self.revision))

    def _paused_revision(self) -> str:
        others = [pod.revision for pod in self.pods if pod.revision != self.revision]
        return others[0] if others else self.revision

    def _scale_down(self) -> None:
        ready = sum(pod.ready for pod in self.pods)
        for pod in sorted(self.pods, key=lambda one: (one.ready, one.revision == self.revision)):
            is_spare = not pod.ready or ready > self.wanted
            is_old = pod.revision != self.revision and not self.is_paused
            if (is_old or len(self.pods) > self.wanted + 1) and is_spare and len(self.pods) > self.wanted:
                self.pods.remove(pod)
                return

    def observe(self, now: float, deadline: float) -> Deployed:
        """As `read_deployment` would."""
        ours = [pod for pod in self.pods if pod.revision == self.revision]
        ready = sum(pod.ready for pod in ours)
        done = len(self.pods) == len(ours) == ready == self.wanted
        return Deployed(
            revision=self.revision,
            rolled_out=done,
            no_other_revision=len(ours) == len(self.pods),
            ready_pods=ready,
            failure=failure_of(ours),
            seconds_left=left_of(ours, now, deadline),
            wanted_pods=self.wanted,
        )


def failure_of(pods: list[SimulatedPod]) -> PodFailure | None:
    """Of those that have ended."""
    ended = [pod for pod in pods if pod.ends]
    if not ended:
        return None
    worst = max(ended, key=lambda pod: pod.ends)
    if worst.runs.starts is Starts.BAD_BUNDLE:
        return PodFailure(Reason.BUNDLE_REJECTED, "GoldenMismatch: the scores are not training's", worst.ends)
    return PodFailure(Reason.CRASHING, f"server of {worst.name} ended {worst.ends} times", worst.ends)


def left_of(pods: list[SimulatedPod], now: float, deadline: float) -> float | None:
    """Until the deadline counts against those that are not ready; as the operator counts, once Kubernetes does."""
    late = [pod.created + START_SECONDS / 3 for pod in pods if not pod.ready and now - pod.created > deadline]
    return deadline - (now - min(late)) if late else None
