"""A/A: canaries of a version that is as good as the stable one, each with other customers."""

from churn_operator.audit.entry import Deed
from support.figures import record
from support.simulated_cluster import SimulatedCluster
from support.simulated_rollouts import CANARY, GOOD, ask_for, deeds, settled, stable_version
from support.simulated_versions import Version

_CANARIES = 200
_LONGEST_SECONDS = 25 * 60


def test_a_version_that_is_as_good_is_promoted_and_never_taken_back() -> None:
    promoted = rolled_back = 0
    for seed in range(_CANARIES):
        cluster = settled(CANARY, [Version("2", comparison=GOOD)], seed=seed)
        ask_for(cluster, "2")
        end = cluster.now + _LONGEST_SECONDS
        while cluster.now < end and not (is_promoted := _is_promoted(cluster)):
            cluster.run(60, tick=15)
        promoted += is_promoted
        rolled_back += any(deed in (Deed.ROLLED_BACK, Deed.REJECTED) for deed, _ in deeds(cluster))
    assert record("aa_promoted", promoted, f"of {_CANARIES} canaries of an equal version", ">= 196").holds
    assert record("aa_rolled_back", rolled_back, f"of {_CANARIES} canaries of an equal version", "<= 0").holds


def _is_promoted(cluster: SimulatedCluster) -> bool:
    """And its probation is over: nothing is judged any more."""
    return stable_version(cluster) == "2" and cluster.status.state == "Stable"
