"""Whether something is being tried: then pods are asked for what they saw, and the ChurnModel is looked at often.

`cluster/pod_states` and `reconcile` ask. A settled ChurnModel, one of a thousand, costs neither.
"""

from churn_operator.decide.observed import Observed
from churn_operator.names import Track

LOOK_SECONDS = 2.0
"""Between two looks at a ChurnModel while something is tried."""


def is_trying(observed: Observed) -> bool:
    """A rollout is in some phase of it, or pods of two revisions stand beside each other."""
    rollout = observed.memory.rollout
    if rollout is not None and rollout.lasts:
        return True
    return len({pod.revision for pod in observed.stable_pods}) > 1 or any(
        pod.track is Track.CANDIDATE for pod in observed.pods
    )


def is_comparing_workers(observed: Observed) -> bool:
    """The first worker of a version stands beside others of the stream."""
    return observed.stream is not None and bool(observed.stream.roll.compared_with)
