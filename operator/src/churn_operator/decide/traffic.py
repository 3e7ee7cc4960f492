"""What the operator wants of the serving pods while something is tried: the same for all pods, but for the first.

`make_plan` makes it from the rollout; the board (`traffic_board`) says it to each pod that asks.
"""

from dataclasses import dataclass

from churn_models.traffic import Traffic


@dataclass(frozen=True)
class TrafficWord:
    """For the pods of one ChurnModel."""

    traffic: Traffic
    only: str = ""
    """The one pod that is told of tables for now: what they do to a pod, they do to one. Empty: all are."""

    def for_pod(self, pod: str) -> Traffic:
        """For the pod of that name."""
        if not self.only or pod == self.only:
            return self.traffic
        return Traffic(generation=self.traffic.generation)
