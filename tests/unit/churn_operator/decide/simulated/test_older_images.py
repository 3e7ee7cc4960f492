"""Pods of a serving image from before there were candidates: versions roll as they did then, and none is called bad."""

from dataclasses import replace

from churn_operator.observe.pod_answer import PodAnswer
from support.simulated_cluster import SimulatedCluster
from support.simulated_pods import SimulatedPod
from support.simulated_rollouts import CANARY, ask_for, settled, stable_version
from support.simulated_versions import Starts, Version


class OlderImage(SimulatedCluster):
    """Its pods answer 404 where they are asked what they do."""

    def _answer(self, pod: SimulatedPod) -> PodAnswer:
        return replace(super()._answer(pod), state=None, first=None, is_mute=pod.ready)


def _cluster(*versions: Version) -> SimulatedCluster:
    cluster = settled(CANARY, versions)
    cluster.__class__ = OlderImage
    return cluster


def test_a_good_version_takes_over_by_a_rolling_update() -> None:
    cluster = _cluster(Version("2"), Version("3"))
    for version in ("2", "3"):
        ask_for(cluster, version)
        cluster.run(900, tick=5)
        assert (stable_version(cluster), cluster.status.state) == (version, "Stable")
    assert not [record for record in cluster.records.values() if record.was_rejected]


def test_a_bad_bundle_is_found_bad_all_the_same() -> None:
    cluster = _cluster(Version("2", Starts.BAD_BUNDLE))
    ask_for(cluster, "2")
    cluster.run(900, tick=5)
    assert (stable_version(cluster), cluster.status.state) == ("1", "Rejected")
