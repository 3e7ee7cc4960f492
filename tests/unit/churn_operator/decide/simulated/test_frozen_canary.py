"""A canary while the rows that come in are broken: its clock stands still, and only safety takes it back."""

from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Phase
from churn_operator.decide.gates.judgement import GateVerdict
from support.simulated_cluster import SimulatedCluster
from support.simulated_rollouts import CANARY, ask_for, deeds, settled
from support.simulated_versions import Makes, Version

PASS, FAIL = GateVerdict.PASS, GateVerdict.FAIL


def _frozen(version: Version) -> SimulatedCluster:
    """Its canary has just begun, and the feed broke."""
    cluster = settled({**CANARY, "drift": {}}, [version])
    cluster.loop.see(cluster.now)
    ask_for(cluster, "2")
    while cluster.memory.rollout is None or cluster.memory.rollout.phase is not Phase.CANARY:
        cluster.run(2)
    cluster.loop.see(cluster.now, feed=FAIL)
    cluster.run(4)
    assert cluster.memory.loop.frozen_since
    return cluster


def test_its_clock_stands_still_and_goes_on_where_it_was() -> None:
    cluster = _frozen(Version("2"))
    began = cluster.memory.rollout
    cluster.run(30 * 60, tick=60)
    assert cluster.memory.rollout == began
    assert cluster.status.rollout is not None
    assert cluster.status.rollout.next_look is None
    cluster.loop.see(cluster.now, feed=PASS)
    cluster.run(60)
    rollout = cluster.memory.rollout
    assert rollout is not None
    assert rollout.step == 0, "the hold of two minutes is over, by a clock that did not stand still"
    assert rollout.stood_still > 1700
    cluster.run(120)
    rollout = cluster.memory.rollout
    assert rollout is not None
    assert rollout.step == 1


def test_a_pause_in_a_freeze_counts_once() -> None:
    cluster = _frozen(Version("2"))
    cluster.run(300)
    cluster.edit(paused=True)
    cluster.run(300)
    cluster.edit(paused=None)
    cluster.run(300)
    cluster.loop.see(cluster.now, feed=PASS)
    cluster.run(10)
    rollout = cluster.memory.rollout
    assert rollout is not None
    assert 890 <= rollout.stood_still <= 920


def test_a_freeze_in_a_pause_counts_once() -> None:
    cluster = _frozen(Version("2"))
    cluster.run(300)
    cluster.edit(paused=True)
    cluster.run(60)
    cluster.loop.see(cluster.now, feed=PASS)
    cluster.run(240)
    cluster.edit(paused=None)
    cluster.run(10)
    rollout = cluster.memory.rollout
    assert rollout is not None
    assert 590 <= rollout.stood_still <= 620


def test_faults_take_it_back_all_the_same() -> None:
    cluster = _frozen(Version("2", fault_share=0.5))
    cluster.run(600)
    assert (Deed.REJECTED, "2") in deeds(cluster)


def test_scores_of_broken_rows_speak_against_nobody() -> None:
    cluster = _frozen(Version("2", makes=Makes.SHIFTED))
    cluster.run(600)
    assert (Deed.REJECTED, "2") not in deeds(cluster)
    cluster.loop.see(cluster.now, feed=PASS)
    cluster.run(600)
    assert (Deed.REJECTED, "2") in deeds(cluster)
