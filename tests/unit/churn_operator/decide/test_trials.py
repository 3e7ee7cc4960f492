"""Versions that are tried in the stable pods, by stories in the simulated cluster: what is decided, and who answers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Phase
from churn_operator.decide.trial import find_trial
from churn_operator.names import Track
from churn_operator.observe.record import Fate
from support.simulated_cluster import SimulatedCluster
from support.simulated_rollouts import CANARY, DIRECT, GOOD, SHADOW, ask_for, deeds, settled, stable_version, suggest
from support.simulated_versions import Makes, Starts, Version

TRIED = [Deed.ROLLOUT_BEGUN, Deed.SHIFTED, Deed.SHIFTED, Deed.SHIFTED]
PROMOTED = [Deed.PROMOTING, Deed.SERVE_GATE_PASSED, Deed.PROMOTED]
ROLLED_OUT = [Deed.ROLLOUT_BEGUN, Deed.SERVE_GATE_PASSED, Deed.PROMOTED]
ENDED = [Deed.PROBATION_ENDED]
SUGGEST, AUTO = {"loop": {"promote": "Suggest"}}, {"loop": {"promote": "Auto"}}
TWICE = Version("2", comparison=GOOD)

Change = Callable[[SimulatedCluster], None]


class Story(NamedTuple):
    """Version 1 serves; then version 2 is asked for, unless it is only suggested, and what comes at which second."""

    spec: dict[str, Any]
    version: Version
    deeds: list[Deed]
    """Of version 2."""
    state: State
    stable: str
    fate: Fate
    changes: dict[int, Change] | None = None
    seconds: int = 30 * 60
    is_suggested: bool = False


def _champion(version: str) -> Change:
    return lambda cluster: ask_for(cluster, version)


def _spec(**spec: Any) -> Change:
    return lambda cluster: cluster.edit(**spec)


def _forget_version_1(cluster: SimulatedCluster) -> None:
    cluster.records = {name: one for name, one in cluster.records.items() if one.bundle.version != "1"}


STORIES = {
    "a good canary": Story(CANARY, Version("2"), TRIED + PROMOTED + ENDED, State.STABLE, "2", Fate.SERVED),
    "a good shadow": Story(SHADOW, Version("2"), TRIED + PROMOTED + ENDED, State.STABLE, "2", Fate.SERVED),
    "a good one by Direct": Story(DIRECT, Version("2"), ROLLED_OUT + ENDED, State.STABLE, "2", Fate.SERVED),
    "without probation": Story(
        {"rollout": {"probation": "0s"}}, Version("2"), ROLLED_OUT, State.STABLE, "2", Fate.SERVED
    ),
    "faults in the canary": Story(
        CANARY,
        Version("2", fault_share=0.3),
        [*TRIED[:2], Deed.REJECTED],
        State.REJECTED,
        "1",
        Fate.QUARANTINED,
        seconds=300,
    ),
    "inverted in the shadow": Story(
        SHADOW,
        Version("2", makes=Makes.INVERTED),
        [*TRIED[:2], Deed.REJECTED],
        State.REJECTED,
        "1",
        Fate.QUARANTINED,
        seconds=300,
    ),
    "inverted by Direct: probation takes it back": Story(
        DIRECT,
        Version("2", makes=Makes.INVERTED),
        [*ROLLED_OUT, Deed.REJECTED, Deed.ROLLBACK_ENDED],
        State.STABLE,
        "1",
        Fate.QUARANTINED,
        seconds=300,
    ),
    "its pods fail requests by Direct": Story(
        DIRECT,
        Version("2", failure_share=0.5),
        [Deed.ROLLOUT_BEGUN, Deed.REJECTED],
        State.REJECTED,
        "1",
        Fate.FAULTY,
        seconds=300,
    ),
    "its pods fail requests while it is promoted": Story(
        CANARY,
        Version("2", failure_share=0.5),
        [*TRIED, Deed.PROMOTING, Deed.REJECTED, Deed.ROLLBACK_ENDED],
        State.STABLE,
        "1",
        Fate.FAULTY,
        seconds=900,
    ),
    "a bad bundle never leaves its verifier": Story(
        CANARY,
        Version("2", Starts.BAD_BUNDLE),
        [Deed.ROLLOUT_BEGUN, Deed.REJECTED],
        State.REJECTED,
        "1",
        Fate.QUARANTINED,
        seconds=300,
    ),
    "a verifier that never gets ready": Story(
        CANARY,
        Version("2", Starts.NEVER),
        [Deed.ROLLOUT_BEGUN, Deed.REJECTED],
        State.REJECTED,
        "1",
        Fate.FAULTY,
        seconds=600,
    ),
    "withdrawn in a step": Story(
        CANARY,
        Version("2"),
        [*TRIED[:2], Deed.WITHDRAWN],
        State.STABLE,
        "1",
        Fate.NEW,
        {100: _champion("1")},
        seconds=300,
    ),
    "withdrawn while it is promoted: requests go back first": Story(
        CANARY,
        Version("2"),
        [*TRIED, Deed.PROMOTING],
        State.STABLE,
        "1",
        Fate.NEW,
        {780: _champion("1")},
        seconds=900,
    ),
    "withdrawn in probation": Story(
        CANARY,
        Version("2"),
        TRIED + PROMOTED,
        State.STABLE,
        "1",
        Fate.SERVED,
        {900: _champion("1")},
        seconds=1000,
    ),
    "paused in a step: its clock stands still": Story(
        CANARY,
        Version("2"),
        TRIED[:3],
        State.CANARY,
        "1",
        Fate.NEW,
        {100: _spec(paused=True), 1300: _spec(paused=None)},
        seconds=1500,
    ),
    "a challenger waits at its last step": Story(
        {**CANARY, **SUGGEST},
        TWICE,
        [*TRIED, Deed.AWAITS_APPROVAL],
        State.CANARY,
        "1",
        Fate.NEW,
        is_suggested=True,
    ),
    "a challenger that a person approves": Story(
        {**CANARY, **SUGGEST},
        TWICE,
        [*TRIED, Deed.AWAITS_APPROVAL, *PROMOTED, Deed.CHAMPION_SET, *ENDED],
        State.STABLE,
        "2",
        Fate.SERVED,
        {1000: _spec(rollout={**CANARY["rollout"], "approve": "2"})},
        is_suggested=True,
    ),
    "a challenger that nobody has to approve": Story(
        {**CANARY, **AUTO},
        TWICE,
        TRIED + PROMOTED + [Deed.CHAMPION_SET, *ENDED],
        State.STABLE,
        "2",
        Fate.SERVED,
        is_suggested=True,
    ),
    "a bad challenger leaves what is wanted as it is": Story(
        {**CANARY, **AUTO},
        Version("2", makes=Makes.SHIFTED, comparison=GOOD),
        [*TRIED[:2], Deed.REJECTED],
        State.STABLE,
        "1",
        Fate.QUARANTINED,
        is_suggested=True,
        seconds=400,
    ),
    "a challenger without a comparison": Story(
        {**CANARY, **AUTO}, Version("2"), [], State.STABLE, "1", Fate.NEW, is_suggested=True, seconds=300
    ),
    "a challenger by Direct waits for a person before anything starts": Story(
        {**DIRECT, **SUGGEST},
        TWICE,
        [Deed.AWAITS_APPROVAL],
        State.STABLE,
        "1",
        Fate.NEW,
        is_suggested=True,
        seconds=300,
    ),
    "a challenger by Direct that a person approves": Story(
        {**DIRECT, **SUGGEST},
        TWICE,
        [Deed.AWAITS_APPROVAL, *ROLLED_OUT, Deed.CHAMPION_SET, *ENDED],
        State.STABLE,
        "2",
        Fate.SERVED,
        {100: _spec(rollout={**DIRECT["rollout"], "approve": "2"})},
        seconds=600,
        is_suggested=True,
    ),
    "bad in probation, nothing to go back to, and a person says that it is good": Story(
        DIRECT,
        Version("2", makes=Makes.INVERTED),
        [*ROLLED_OUT, Deed.SAFE_MODE_ENTERED, Deed.SAFE_MODE_LEFT],
        State.STABLE,
        "2",
        Fate.SERVED,
        {58: _forget_version_1, 200: _spec(rollout={**DIRECT["rollout"], "retry": "it is good"})},
        seconds=300,
    ),
    "bad in probation, and the record of the version before is lost": Story(
        DIRECT,
        Version("2", makes=Makes.INVERTED),
        [*ROLLED_OUT, Deed.SAFE_MODE_ENTERED],
        State.SAFE_MODE,
        "2",
        Fate.SERVED,
        {58: _forget_version_1},
        seconds=300,
    ),
}


@pytest.mark.parametrize("story", [pytest.param(story, id=name) for name, story in STORIES.items()])
def test_what_becomes_of_a_version(story: Story) -> None:
    cluster = settled(story.spec, [story.version])
    (suggest if story.is_suggested else ask_for)(cluster, "2")
    begun = cluster.now
    for second, change in (story.changes or {}).items():
        cluster.run(begun + second - cluster.now)
        change(cluster)
    cluster.run(begun + story.seconds - cluster.now)
    assert [deed for deed, version in deeds(cluster) if version == "2"] == story.deeds
    assert (cluster.status.state, stable_version(cluster)) == (story.state, story.stable)
    found = [one.fate for one in cluster.records.values() if one.bundle.version == "2"]
    assert found == ([story.fate] if Deed.ROLLOUT_BEGUN in story.deeds else [])
    assert not cluster.memory.begun
    assert (cluster.verifier is not None) == (story.state is State.CANARY)


def test_ready_stays_true_whatever_becomes_of_a_challenger() -> None:
    cluster = settled({**CANARY, **AUTO}, [Version("2", makes=Makes.SHIFTED, comparison=GOOD)])
    suggest(cluster, "2")
    for _ in range(200):
        cluster.run(2)
        assert {one.status for one in cluster.status.conditions if one.type == "Ready"} == {"True"}
    assert (Deed.REJECTED, "2") in deeds(cluster)


def test_weights_go_to_pods_and_the_candidate_answers_its_share() -> None:
    cluster = settled(CANARY, [Version("2")], requests_per_second=500.0)
    ask_for(cluster, "2")
    seen: dict[int, list[float]] = {}
    for _ in range(500):
        cluster.run(2)
        rollout = cluster.memory.rollout
        if rollout and rollout.phase is Phase.CANARY:
            answered = cluster.answered
            share = answered.get(Version("2").digest, 0) / sum(answered.values())
            seen.setdefault(rollout.weight, []).append(100 * share)
    assert {weight: pytest.approx(weight, abs=1.0) for weight in (5, 25, 50)} == {
        weight: sum(shares[2:]) / len(shares[2:]) for weight, shares in seen.items()
    }


def test_one_pod_holds_a_new_table_before_the_others() -> None:
    cluster = settled(CANARY, [Version("2")], replicas=3)
    ask_for(cluster, "2")
    held = []
    for _ in range(60):
        cluster.run(2)
        assert cluster.deployment is not None
        held.append(sum(Version("2").table in pod.tables for pod in cluster.deployment.pods))
    alone = held.index(3) - held.index(1)
    assert 12 <= alone <= 18, held


def test_status_tells_what_pods_do() -> None:
    cluster = settled(CANARY, [Version("2")])
    ask_for(cluster, "2")
    cluster.run(120)
    told = cluster.status.rollout
    assert told is not None and told.in_force is not None
    assert (told.phase, told.step, told.steps, told.weight) == ("Canary", 1, 3, 5)
    assert told.next_look is not None and told.since < told.next_look
    assert (told.in_force.least, told.in_force.most, told.pods, told.min_pairs) == (5, 5, 2, 200)
    assert cluster.status.candidate is not None and cluster.status.candidate.weight == 5


def test_status_says_at_the_last_step_that_a_challenger_waits_and_how_to_say_yes() -> None:
    cluster = settled({**CANARY, **SUGGEST}, [TWICE])
    suggest(cluster, "2")
    cluster.run(840)
    assert (Deed.AWAITS_APPROVAL, "2") in deeds(cluster)
    told = cluster.status.rollout
    assert told is not None and told.step == told.steps
    assert told.message == 'version 2 has passed every step and waits: set spec.rollout.approve to "2"'


def _in_probation() -> SimulatedCluster:
    cluster = settled(DIRECT, [Version("2")])
    ask_for(cluster, "2")
    while cluster.status.state != State.PROBATION:
        cluster.run(2)
    cluster.run(10)
    return cluster


def _one_pod_crashes(cluster: SimulatedCluster) -> None:
    assert cluster.deployment is not None
    pod = cluster.deployment.pods[0]
    pod.runs, pod.ready_since, pod.created = replace(pod.runs, starts=Starts.CRASHING), None, cluster.now


def _all_pods_crash(cluster: SimulatedCluster) -> None:
    assert cluster.deployment is not None
    cluster.registry.versions["2"] = replace(cluster.registry.versions["2"], starts=Starts.CRASHING)
    for pod in cluster.deployment.pods:
        pod.runs, pod.ready_since, pod.created = cluster.registry.versions["2"], None, cluster.now


def _requests_fail(cluster: SimulatedCluster) -> None:
    assert cluster.deployment is not None
    for pod in cluster.deployment.pods:
        pod.runs = replace(pod.runs, failure_share=0.9)


@pytest.mark.parametrize("fault", [_one_pod_crashes, _all_pods_crash, _requests_fail])
def test_pods_that_break_in_probation_go_back_and_their_bundle_is_not_marked(fault: Change) -> None:
    cluster = _in_probation()
    fault(cluster)
    cluster.run(150)
    assert (Deed.REJECTED, "2") in deeds(cluster)
    assert (cluster.status.state, stable_version(cluster)) == (State.STABLE, "1")
    assert {one.bundle.version: one.fate for one in cluster.records.values()}["2"] is Fate.FAULTY
    assert cluster.answered.get(Version("1").digest, 0) > 0


def test_a_few_requests_more_that_fail_are_no_fault_of_the_version() -> None:
    cluster = _in_probation()
    assert cluster.deployment is not None
    for pod in cluster.deployment.pods:
        pod.runs = replace(pod.runs, failure_share=0.1)
    cluster.run(150)
    assert cluster.status.state == State.PROBATION


@pytest.mark.parametrize(
    ("steps", "weight"),
    [
        pytest.param([{"weight": 1, "hold": "1h"}, {"weight": 10, "hold": "24h"}], 10, id="lower"),
        pytest.param([{"weight": 30, "hold": "24h"}], 25, id="higher: from the next step on"),
    ],
)
def test_steps_that_are_edited(steps: list[dict[str, Any]], weight: int) -> None:
    cluster = settled(CANARY, [Version("2")])
    ask_for(cluster, "2")
    cluster.run(240)
    cluster.edit(rollout={**CANARY["rollout"], "steps": steps})
    cluster.run(60)
    assert cluster.memory.rollout is not None and cluster.memory.rollout.weight == weight
    cluster.run(600)
    assert (cluster.status.state, cluster.memory.rollout.weight) == (State.CANARY, max(weight, steps[-1]["weight"]))


@pytest.mark.parametrize(("spec", "state"), [(CANARY, State.CANARY), (DIRECT, State.PROBATION)])
def test_where_both_versions_are_bad_nothing_is_taken_back_and_a_person_is_told_once(
    spec: dict[str, Any], state: State
) -> None:
    cluster = settled(spec, [Version("1", fault_share=0.05), Version("2", fault_share=0.05)])
    ask_for(cluster, "2")
    cluster.run(400 if state is State.CANARY else 220)
    assert [deed for deed, _ in deeds(cluster)].count(Deed.BOTH_BAD) == 1
    ready = next(one for one in cluster.status.conditions if one.type == "Ready")
    told = cluster.status.history[0]
    assert (cluster.status.state, told.action, "both bad" in told.message) == (state, Deed.BOTH_BAD, True)
    assert ready.reason == (Reason.BOTH_BAD if state is State.CANARY else Reason.SERVING)


def test_pods_that_are_silent_when_it_is_promoted_may_hold_the_version_before() -> None:
    cluster = settled(DIRECT, [Version("2")])
    ask_for(cluster, "2")
    while Deed.SERVE_GATE_PASSED not in [deed for deed, _ in deeds(cluster)]:
        cluster.run(2)
    cluster.die(4)  # and what it heard is lost with it
    for _ in range(30):
        for pod in cluster.pods:
            pod.answers_state = False
        cluster.run(2)
    assert cluster.status.state == State.PROBATION


def _fail(cluster: SimulatedCluster, share: float) -> None:
    for pod in cluster.pods:
        pod.runs = replace(pod.runs, failure_share=share)


def test_what_all_pods_failed_before_this_operator_looked_speaks_against_no_new_one() -> None:
    cluster = settled(DIRECT, [Version("2")])
    ask_for(cluster, "2")
    while not any(pod.ready and pod.runs.number == "2" for pod in cluster.pods if pod.track is Track.STABLE):
        cluster.run(2)
    cluster.die(8)
    _fail(cluster, 0.5)
    cluster.run(6)
    _fail(cluster, 0.0)
    cluster.run(60)
    told = [deed for deed, _ in deeds(cluster)]
    assert Deed.REJECTED not in told
    assert Deed.SERVE_GATE_PASSED in told


def test_requests_are_back_within_a_poll_of_the_decision() -> None:
    cluster = settled(DIRECT, [Version("2", makes=Makes.INVERTED)])
    ask_for(cluster, "2")
    while cluster.status.state != State.ROLLING_BACK:
        cluster.run(2)
    cluster.run(4)
    assert cluster.answered.get(Version("2").digest, 0) == 0


def test_no_traffic_is_no_verdict() -> None:
    cluster = settled(CANARY, [Version("2")], requests_per_second=0.0)
    ask_for(cluster, "2")
    cluster.run(600)
    assert (cluster.status.state, stable_version(cluster)) == (State.CANARY, "1")
    ready = next(one for one in cluster.status.conditions if one.type == "Ready")
    assert (ready.reason, "0 of 200 pairs" in ready.message) == ("Unknown", True)


def test_pairs_of_the_streams_workers_count_as_those_of_servers() -> None:
    cluster = settled(CANARY, [TWICE])
    ask_for(cluster, "2")
    cluster.run(200)
    seen = cluster.observed
    assert seen is not None and seen.seen
    of_servers, of_workers, of_both = (
        find_trial(replace(seen, seen=servers, shadows=workers), None)
        for servers, workers in ((seen.seen, ()), ((), seen.seen), (seen.seen[:1], seen.seen[1:]))
    )
    assert of_servers is not None and of_servers.pairs > 0
    assert of_servers == of_workers == of_both
