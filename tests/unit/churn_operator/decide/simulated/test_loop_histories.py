"""Days of a ChurnModel whose evidence comes and goes and whose operators end: what must hold in every such history."""

from collections import Counter
from itertools import pairwise

from churn_operator.audit.entry import Deed, Kind
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.gates.judgement import GateVerdict
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.simulated_chain import Dies
from support.simulated_cluster import SimulatedCluster
from support.simulated_rollouts import AUTO, DIRECT, deeds, settled, stable_version

SPEC = {**DIRECT, **AUTO, "drift": {}, "training": {"dataset": "customers.csv", "ensemble": "telco"}}
HOUR, DAY = 3600.0, 86400.0
PASS, FAIL, UNKNOWN = GateVerdict.PASS, GateVerdict.FAIL, GateVerdict.UNKNOWN

EVENTS = ("breaks", "heals", "moves", "returns", "silence", "pause", "resume", "dies")


def _begin() -> SimulatedCluster:
    cluster = settled(SPEC, [], requests_per_second=0.05)
    cluster.loop.see(cluster.now)
    cluster.run(HOUR, tick=600)
    return cluster


def _happen(cluster: SimulatedCluster, event: str) -> None:
    match event:
        case "breaks":
            cluster.loop.see(cluster.now, feed=FAIL)
        case "heals":
            cluster.loop.see(cluster.now, feed=PASS)
        case "moves":
            cluster.loop.see(cluster.now, input=FAIL, score=FAIL)
        case "returns":
            cluster.loop.see(cluster.now, input=PASS, score=PASS)
        case "silence":
            cluster.loop.see(cluster.now, feed=UNKNOWN, input=UNKNOWN, score=UNKNOWN)
        case "pause" | "resume":
            cluster.edit(paused=event == "pause")
        case "dies":
            cluster.die(HOUR)


def _run(cluster: SimulatedCluster, hours: float) -> None:
    """Look by look, so that what was seen at each decision is known."""
    until = cluster.now + hours * HOUR
    while cluster.now < until:
        before = len(cluster.chain)
        cluster.run(1200, tick=1200)
        begun = [one.entry for one in cluster.chain[before:] if one.entry.action == Deed.RETRAINING_STARTED]
        if any(one.kind == Kind.DECISION for one in begun):
            assert cluster.loop.is_seen(Signal.FEED) is not FAIL, "it retrains on a broken feed"
            assert not cluster.memory.loop.frozen_since, "it retrains while frozen"
            assert not cluster.spec.get("paused"), "it retrains while paused"


def _look_once_more(cluster: SimulatedCluster) -> None:
    """A history may end between an operator's record and its action: the next operator has to act on the record."""
    cluster.deaths = {}
    _run(cluster, 2)


def _hold(cluster: SimulatedCluster) -> None:
    begun = [(one.time, one.entry.key) for one in cluster.chain if _is(one.entry.action, one.entry.kind)]
    assert max(Counter(key for _, key in begun).values(), default=1) == 1, "one evidence was acted on twice"
    assert len(cluster.loop.started) == len(set(cluster.loop.started)) == len(begun), "not one Job for each decision"
    times = [time for time, _ in begun]
    assert all(later - earlier >= DAY for earlier, later in pairwise(times)), times
    assert all(later - earlier >= 7 * DAY for earlier, later in zip(times, times[2:], strict=False)), times
    found = [deed for deed, _ in deeds(cluster)]
    assert Deed.REJECTED not in found, "a good version was rejected because the world moved"
    assert Deed.ROLLED_BACK not in found, "it rolled back because the world moved"


def _is(action: str, kind: str) -> bool:
    return action == Deed.RETRAINING_STARTED and kind == Kind.DECISION


HISTORIES = st.lists(st.tuples(st.sampled_from(EVENTS), st.sampled_from([1.0, 5.0, 20.0, 50.0])), max_size=7)


@given(history=HISTORIES, deaths=st.dictionaries(st.integers(1, 12), st.sampled_from(Dies), max_size=3))
@example(
    history=[("breaks", 1.0), ("moves", 5.0), ("heals", 1.0)],
    deaths={2: Dies.BEFORE_RECORD, 4: Dies.AFTER_RECORD},  # the last look records a training, and no more
)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_evidence_that_comes_and_goes_is_acted_on_once_and_under_brakes(
    history: list[tuple[str, float]], deaths: dict[int, Dies]
) -> None:
    cluster = _begin()
    cluster.deaths = {cluster.recording + number: dies for number, dies in deaths.items()}
    for event, hours in history:
        _happen(cluster, event)
        _run(cluster, hours)
    _look_once_more(cluster)
    _hold(cluster)


def test_a_moved_world_retrains_and_its_challenger_is_promoted() -> None:
    cluster = _begin()
    _happen(cluster, "moves")
    _run(cluster, 20)
    assert (Deed.RETRAINING_STARTED, "1") in deeds(cluster)
    assert stable_version(cluster) == "101"
    _hold(cluster)


def test_a_moved_world_that_stays_so_is_braked() -> None:
    cluster = _begin()
    cluster.loop.exit_codes = [3] * 20
    _happen(cluster, "moves")
    _run(cluster, 15 * 24)
    assert len(cluster.loop.started) == 5  # on days 0, 1, 7, 8, 14
    assert [deed for deed, _ in deeds(cluster, Kind.EXTERNAL)].count(Deed.CHAMPION_KEPT) == 5
    _hold(cluster)


def test_failures_back_off() -> None:
    cluster = _begin()
    cluster.edit(loop={"promote": "Auto", "cooldown": "1h", "maxPer7Days": 100})
    cluster.loop.exit_codes = [1] * 20
    _happen(cluster, "moves")
    _run(cluster, 12 * 24)
    begun = [one.time for one in cluster.chain if _is(one.entry.action, one.entry.kind)]
    gaps = [round((later - earlier) / DAY) for earlier, later in pairwise(begun)]
    assert gaps == [1, 2, 4, 4]


def test_a_broken_feed_freezes_retrains_nothing_and_thaws_by_evidence() -> None:
    cluster = _begin()
    cluster.loop.see(cluster.now, feed=FAIL, input=FAIL)
    _run(cluster, 48)
    assert cluster.status.loop is not None
    assert (cluster.status.loop.health, bool(cluster.status.loop.frozen)) == ("FeedBroken", True)
    assert cluster.loop.started == []
    cluster.loop.see(cluster.now, feed=PASS, input=PASS)
    _run(cluster, 1)
    assert [deed for deed, _ in deeds(cluster)][-2:] == [Deed.FROZEN, Deed.THAWED]
    assert cluster.status.loop.health == "Healthy"


def test_an_operator_that_dies_between_record_and_job_makes_it_once() -> None:
    for dies in Dies:
        cluster = _begin()
        _happen(cluster, "moves")
        cluster.deaths = {cluster.recording + 1: dies}
        _run(cluster, 12)
        assert [where for _, where in cluster.died] == [dies]
        assert len(cluster.loop.started) == 1, dies
        _hold(cluster)
