"""What becomes of bad versions, in fake time: which way each is found, how soon, and who answers meanwhile."""

from typing import Any, NamedTuple

import pytest
from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed, Kind
from churn_operator.observe.record import Fate
from support.simulated_cluster import SimulatedCluster
from support.simulated_rollouts import CANARY, DIRECT, SHADOW, ask_for, deeds, settled, stable_version
from support.simulated_versions import Makes, Starts, Version

_PROGRESS_DEADLINE = 300


class Case(NamedTuple):
    """A bad version, and what it comes to."""

    spec: dict[str, Any]
    version: Version
    reason: Reason
    fate: Fate
    within: float
    """Seconds since it was asked for."""


CASES = {
    "no numbers": Case(CANARY, Version("2", fault_share=0.3), Reason.CANDIDATE_FAULTS, Fate.QUARANTINED, 120),
    "upside down": Case(CANARY, Version("2", makes=Makes.INVERTED), Reason.SCORES_SHIFTED, Fate.QUARANTINED, 180),
    "shifted": Case(CANARY, Version("2", makes=Makes.SHIFTED), Reason.SCORES_SHIFTED, Fate.QUARANTINED, 180),
    "a thousand times slower": Case(
        CANARY, Version("2", microseconds=5_000), Reason.CANDIDATE_SLOW, Fate.QUARANTINED, 180
    ),
    "upside down, in the shadow": Case(
        SHADOW, Version("2", makes=Makes.INVERTED), Reason.SCORES_SHIFTED, Fate.QUARANTINED, 180
    ),
    "a bad bundle": Case(CANARY, Version("2", Starts.BAD_BUNDLE), Reason.BUNDLE_REJECTED, Fate.QUARANTINED, 60),
    "crashing": Case(CANARY, Version("2", Starts.CRASHING), Reason.CRASHING, Fate.FAULTY, 90),
    "never ready": Case(
        CANARY, Version("2", Starts.NEVER), Reason.PROGRESS_DEADLINE_EXCEEDED, Fate.FAULTY, _PROGRESS_DEADLINE + 60
    ),
    "pods that fail half of all requests": Case(
        DIRECT, Version("2", failure_share=0.5), Reason.SERVES_WORSE, Fate.FAULTY, 60
    ),
    "pods that are ten times slower": Case(DIRECT, Version("2", milliseconds=20), Reason.SERVES_WORSE, Fate.FAULTY, 60),
    "by hand, no numbers": Case(DIRECT, Version("2", fault_share=0.3), Reason.CANDIDATE_FAULTS, Fate.QUARANTINED, 60),
    "by hand, upside down": Case(
        DIRECT, Version("2", makes=Makes.INVERTED), Reason.SCORES_SHIFTED, Fate.QUARANTINED, 180
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_found_and_version_1_answers(name: str) -> None:
    case = CASES[name]
    cluster = settled(case.spec, [case.version])
    asked = cluster.now
    ask_for(cluster, "2")
    cluster.run(900)
    rejected = [one.time for one in cluster.chain if one.entry.action == Deed.REJECTED]
    assert rejected[0] - asked <= case.within
    bad = next(record for record in cluster.records.values() if record.bundle.version == "2")
    assert (bad.fate, bad.reason) == (case.fate, case.reason)
    assert stable_version(cluster) == "1"
    assert set(cluster.answered) == {Version("1").digest}


def test_within_five_seconds_of_the_decision_nobody_is_answered_by_a_version_that_is_bad() -> None:
    """In probation every pod is of the bad version."""
    cluster = settled(DIRECT, [Version("2", makes=Makes.INVERTED)], replicas=4)
    ask_for(cluster, "2")
    while (Deed.ROLLED_BACK, "1") not in deeds(cluster):
        cluster.run(1, tick=1)
    cluster.run(5, tick=1)
    assert {digest for digest, count in cluster.answered.items() if count} == {Version("1").digest}
    assert cluster.status.state == State.ROLLING_BACK


def test_an_operator_that_is_dead_for_ten_minutes_in_a_canary_leaves_all_to_version_1_and_its_follower_goes_on() -> (
    None
):
    cluster = settled(CANARY, [Version("2")])
    ask_for(cluster, "2")
    _until(cluster, State.CANARY)
    cluster.die(600)
    cluster.run(70)
    assert {digest for digest, count in cluster.answered.items() if count} == {Version("1").digest}
    cluster.run(1_700)
    assert stable_version(cluster) == "2"
    assert not {Deed.REJECTED, Deed.ROLLED_BACK, Deed.WITHDRAWN} & {deed for deed, _ in deeds(cluster)}


def test_a_rollback_lasts_while_no_operator_is_there() -> None:
    cluster = settled(DIRECT, [Version("2", makes=Makes.INVERTED)])
    ask_for(cluster, "2")
    _until(cluster, State.ROLLING_BACK)
    cluster.run(4)
    cluster.die(600)
    cluster.run(300)
    assert {digest for digest, count in cluster.answered.items() if count} == {Version("1").digest}


def test_a_new_wish_in_the_middle_takes_the_weight_away_first() -> None:
    cluster = settled(CANARY, [Version("2"), Version("3")])
    ask_for(cluster, "2")
    _until(cluster, State.CANARY)
    ask_for(cluster, "3")
    _until(cluster, State.VERIFYING)
    cluster.run(6)
    assert {digest for digest, count in cluster.answered.items() if count} == {Version("1").digest}
    cluster.run(1_700)
    assert stable_version(cluster) == "3"
    assert (Deed.WITHDRAWN, "2") in deeds(cluster)


def test_a_quarantined_bundle_is_tried_again_when_a_person_asks_for_it() -> None:
    cluster = settled(CANARY, [Version("2", fault_share=0.3)])
    ask_for(cluster, "2")
    cluster.run(300)
    cluster.edit(rollout=CANARY["rollout"] | {"retry": "please"})
    cluster.run(300)
    assert deeds(cluster).count((Deed.REJECTED, "2")) == 2
    assert (Deed.RETRY_ASKED, "2") in deeds(cluster, Kind.EXTERNAL)


def _until(cluster: SimulatedCluster, state: State) -> None:
    for _ in range(300):
        cluster.run(2)
        if cluster.status.state == state:
            return
    raise AssertionError(f"it never came to {state}, it is {cluster.status.state}")
