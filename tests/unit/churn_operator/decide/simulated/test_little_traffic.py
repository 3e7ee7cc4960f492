"""Rollouts with no traffic, or little: too little evidence waits, and says so."""

from itertools import pairwise
from typing import Any

import pytest
from churn_operator.api.status import Reason
from churn_operator.audit.entry import Deed, Kind
from support.simulated_cluster import SimulatedCluster
from support.simulated_rollouts import CANARY, GOOD, SHADOW, ask_for, deeds, settled, stable_version
from support.simulated_versions import Makes, Version

_HOUR, _DAY = 3_600.0, 86_400.0
_A_HUNDRED_A_DAY = 100 / _DAY
_BEGINNINGS = [(Kind.DECISION, Deed.SHIFTED), (Kind.DECISION, Deed.PROMOTING)]
_TICK = 900.0
"""Much shorter than the deadlines of pods."""


@pytest.mark.parametrize("spec", [CANARY, SHADOW])
def test_without_traffic_there_is_no_verdict(spec: dict[str, Any]) -> None:
    cluster = settled(spec, [Version("2", comparison=GOOD)], requests_per_second=0.0)
    ask_for(cluster, "2")
    cluster.run(2 * _HOUR, tick=20)
    assert stable_version(cluster) == "1"
    assert _verdict(cluster) == (Reason.UNKNOWN, True)
    assert not {Deed.REJECTED, Deed.ROLLED_BACK, Deed.PROMOTING} & {deed for deed, _ in deeds(cluster)}


@pytest.mark.parametrize("spec", [CANARY, SHADOW])
def test_a_hundred_requests_a_day_pass_each_step_within_three_days(spec: dict[str, Any]) -> None:
    cluster = _begun(spec, Version("2", comparison=GOOD))
    while not _is_decided(cluster, Deed.PROMOTING) and cluster.now < 12 * _DAY:
        cluster.run(_HOUR, tick=_TICK)
    begun = [one.time for one in cluster.chain if (one.entry.kind, one.entry.action) in _BEGINNINGS]
    assert len(begun) == 4
    assert max(end - start for start, end in pairwise(begun)) <= 3 * _DAY
    cluster.run(_HOUR, tick=20)
    assert stable_version(cluster) == "2"


def test_a_hundred_requests_a_day_find_a_version_that_is_upside_down_within_three_days() -> None:
    cluster = _begun(CANARY, Version("2", makes=Makes.INVERTED))
    cluster.run(3 * _DAY, tick=_TICK)
    assert stable_version(cluster) == "1"
    assert (Deed.REJECTED, "2") in deeds(cluster)


def _begun(spec: dict[str, Any], version: Version) -> SimulatedCluster:
    """In its first step."""
    patient = {"rollout": spec["rollout"] | {"progressDeadline": "2h"}}
    cluster = settled(patient, [version], requests_per_second=_A_HUNDRED_A_DAY)
    ask_for(cluster, version.number)
    cluster.run(120, tick=10)
    assert _is_decided(cluster, Deed.SHIFTED)
    return cluster


def _is_decided(cluster: SimulatedCluster, deed: Deed) -> bool:
    return deed in {decided for decided, _ in deeds(cluster)}


def _verdict(cluster: SimulatedCluster) -> tuple[Reason, bool]:
    """Its reason, and whether the message says how many pairs of how many there are."""
    assert cluster.verdict is not None
    return cluster.verdict.reason, "0 of 200 pairs" in cluster.verdict.message
