"""The closed loop on real kind, by both engines: it retrains, rolls back, freezes, tells people, and harms no user.

Every ChurnModel of `support.loop_fleet` lives through its own thing from the fixture on; each test waits for what it is
about. They follow one another: what they wait for comes meanwhile.
"""

import time
from collections.abc import Iterator

import httpx
import pytest
from churn_models.drift.report import REPORT_PATH, Report
from churn_models.identity_key import identity_hash
from churn_operator.names import DRIFT_PORT, REST_PORT
from support.champion_by_hand import ENOUGH_PAIRS, ByHand, moving_champion
from support.eventually import eventually
from support.figures import record
from support.forged_alerts import ALERTS, post_alerts
from support.frozen_server import signal_sidecar, starve_sidecar
from support.kubernetes_cluster import Cluster
from support.labels_in_cluster import deploy_labels, kept_predictions
from support.loop_fleet import (
    ASKS,
    AT_FAULT,
    BROKEN,
    CUSTOMER,
    HURT,
    MOVED,
    SLOW,
    WINDOW_SECONDS,
    LoopFleet,
    loop_fleet,
)
from support.loop_looks import (
    decided,
    events,
    is_ready,
    p99,
    restarts,
    retraining_jobs,
    serves,
    status_now,
    users_since,
    wait_condition,
    waiting_actions,
    waits_at_its_last_step,
    watch_users,
)
from support.named_customers import ask_by_name
from support.persons_line import say_yes_to_action, say_yes_to_version

CONDITION_SECONDS = 300
LOOP_SECONDS = 600
SIDECAR_SECONDS = 15
"""For which users are watched in each state of a sidecar."""
REST_SECONDS = 10
"""After alerts: each ChurnModel is looked at again within half of it."""
WAIT_SECONDS = 10
"""In which nothing may happen without a person."""
CUSTOMERS, TIMES = 40, 3
KEPT_SECONDS = 60
BLOCKED_MS = 1000
"""Users whose server waits for its sidecar wait for seconds. Below it, trainings on the same node make p99 swing, which
`tap_stopped_p99_ratio` measures without them."""
LATE_SECONDS = 1.0
"""After which the operator has waited for a sidecar long enough."""
TRAININGS = ("RetrainingStarted", "Suggested", "Observed")


@pytest.fixture(scope="module")
def fleet(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopFleet]:
    deploy_labels(cluster)
    with loop_fleet(cluster, tmp_path_factory.mktemp("loop")) as fleet:
        yield fleet


@pytest.fixture(scope="module", autouse=True)
def by_hand(fleet: LoopFleet, cluster: Cluster) -> Iterator[ByHand]:
    """Beside all tests here."""
    with moving_champion(fleet, cluster) as by_hand:
        yield by_hand


@pytest.fixture(scope="module")
def alerted(fleet: LoopFleet, cluster: Cluster) -> tuple[float, float]:
    """From when to when a thousand alerts were posted, none of which is Alertmanager's own."""
    began = time.time()
    answers = post_alerts(cluster, [*MOVED, BROKEN, HURT])
    assert answers == {"forged": {401}, "duplicate": {200}}
    return began, time.time()


@pytest.fixture(scope="module")
def faulted(fleet: LoopFleet) -> dict[str, float]:
    """When a version whose scores are no numbers was wanted of those whose sidecars do not answer."""
    model = {"version": fleet.versions["not finite"]}
    return {name: fleet.models[name].change(model=model) for name in (HURT, SLOW)}


def test_alerts_without_evidence_have_nothing_done(fleet: LoopFleet, alerted: tuple[float, float]) -> None:
    began, ended = alerted
    eventually(lambda: time.time() > ended + REST_SECONDS, 2 * REST_SECONDS, pause=0.5)
    deeds = [
        (name, one.action)
        for name in (*MOVED, BROKEN, HURT)
        for one in decided(fleet.models[name])
        if began <= one.time <= ended + REST_SECONDS
    ]
    assert record("forged_alerts", ALERTS, "alerts", ">= 1000").holds
    assert record("forged_alert_actions", len(deeds), "actions", "<= 0").holds, deeds


def test_a_model_at_fault_is_rolled_back_and_not_retrained(fleet: LoopFleet, by_hand: ByHand) -> None:
    tried = by_hand.rolled_back.result(LOOP_SECONDS)
    assert (tried.end.state, tried.end.status["stable"]["version"]) == ("Rejected", "1"), tried.end.status
    (back,) = tried.decisions("RolledBack")
    first = min(one.ended for one in fleet.users(AT_FAULT).answers if one.version == tried.version)
    windows = (back.time - first) / WINDOW_SECONDS
    assert record("loop_e2e_rollback_windows", windows, "windows of a minute", "<= 3").holds
    assert not decided(fleet.models[AT_FAULT], *TRAININGS)


@pytest.mark.parametrize("name", MOVED)
def test_the_engine_of_a_pod_sees_a_moved_world(fleet: LoopFleet, name: str) -> None:
    kubectl = fleet.models[name].cluster.kubectl
    pod = next(one for one in fleet.models[name].pods() if serves(one, "1"))
    with kubectl.forward("churn", f"pod/{pod['metadata']['name']}", DRIFT_PORT) as address:

        def sees() -> bool:
            report = Report.model_validate_json(httpx.get(f"http://{address}{REPORT_PATH}").content)
            return any(window.is_drift for window in report.engine.windows)

        assert eventually(sees, CONDITION_SECONDS, pause=2)


def test_a_killed_stopped_or_slow_sidecar_costs_users_nothing(fleet: LoopFleet) -> None:
    before = {}
    for name in (HURT, SLOW):
        wait_condition(fleet.models[name], "FeedHealthy", "True", CONDITION_SECONDS)
        (before[name],) = fleet.models[name].pods()
    kubectl = fleet.models[SLOW].cluster.kubectl
    began = time.time()
    starve_sidecar(kubectl, before[SLOW])
    for signal in ("KILL", "STOP"):
        signal_sidecar(kubectl, before[HURT], signal)
        watch_users(SIDECAR_SECONDS)
    # As many customers ask it in the same seconds, and nothing is done to it.
    others = users_since(fleet, BROKEN, began)
    bar = f"<= {2 * p99(others) + 50:.0f}"
    for name, pod in before.items():
        users = users_since(fleet, name, began)
        failures, waited = f"sidecar_fault_user_failures_{name}", f"sidecar_fault_p99_ms_{name}"
        assert record(failures, len(users.failures), "requests", "<= 0").holds, users.failures[:5]
        record(waited, p99(users), f"ms, beside {p99(others):.0f}", bar)
        assert p99(users) < BLOCKED_MS
        (again,) = fleet.models[name].pods()
        assert again["metadata"]["uid"] == pod["metadata"]["uid"]
        assert is_ready(again)
        assert restarts(again, "server") == restarts(pod, "server")


def test_a_slow_sidecar_is_late(fleet: LoopFleet) -> None:
    (pod,) = fleet.models[SLOW].pods()
    kubectl = fleet.models[SLOW].cluster.kubectl
    with (
        kubectl.forward("churn", f"pod/{pod['metadata']['name']}", DRIFT_PORT) as address,
        pytest.raises(httpx.TransportError),
    ):
        httpx.get(f"http://{address}{REPORT_PATH}", timeout=LATE_SECONDS)
    assert restarts(pod, "drift") == 0


def test_a_retraining_under_suggest_waits_for_a_person(fleet: LoopFleet) -> None:
    model = fleet.models[ASKS]
    seen = model.watch.wait(ASKS, lambda seen: waiting_actions(seen.status), CONDITION_SECONDS)
    (name,) = waiting_actions(seen.status)
    (told,) = eventually(lambda: events(model, "Suggested"), SIDECAR_SECONDS, pause=1)
    assert f'set spec.loop.approve to "{name}"' in told
    watch_users(WAIT_SECONDS)
    assert not retraining_jobs(model)
    say_yes_to_action(model.cluster.kubectl, ASKS, name)
    eventually(lambda: decided(model, "RetrainingStarted"), SIDECAR_SECONDS, pause=1)
    assert [one.action for one in model.records() if one.action == "LoopApproved"]


@pytest.mark.parametrize("name", [HURT, SLOW])
def test_what_faults_is_rejected_whatever_its_sidecar_does(
    fleet: LoopFleet, faulted: dict[str, float], name: str
) -> None:
    tried = fleet.models[name].follow(fleet.versions["not finite"], faulted[name], LOOP_SECONDS)
    assert (tried.end.state, tried.end.status["stable"]["version"]) == ("Rejected", "1"), tried.end.status
    assert tried.end.status["rejected"]["reason"] == "CandidateFaults"
    assert not [one for one in fleet.users(name).failures if one.began >= tried.since]


def test_a_broken_feed_freezes(fleet: LoopFleet) -> None:
    model = fleet.models[BROKEN]
    wait_condition(model, "FeedHealthy", "False", CONDITION_SECONDS)
    (frozen,) = eventually(lambda: decided(model, "Frozen"), 60, pause=2)
    assert record("loop_e2e_freeze_s", frozen.time - fleet.began, "s", f"<= {CONDITION_SECONDS}").holds
    assert not decided(model, *TRAININGS, "RolledBack")
    assert status_now(model)["loop"]["frozen"]


def test_people_hear_of_a_broken_feed_by_alertmanager(fleet: LoopFleet) -> None:
    (alert, *_) = eventually(lambda: fleet.receiver.heard("FeedBroken", BROKEN), 180, pause=3)
    assert alert["status"] == "firing"
    assert alert["labels"]["namespace"] == "churn"
    seconds = time.time() - fleet.began
    assert record("loop_e2e_alert_s", seconds, "s", f"<= {CONDITION_SECONDS + 180}").holds
    assert not [one for name in MOVED for one in fleet.receiver.heard("FeedBroken", name)]


@pytest.mark.parametrize("name", MOVED)
def test_a_moved_world_is_retrained_and_promoted(fleet: LoopFleet, cluster: Cluster, name: str) -> None:
    model = fleet.models[name]
    seen = model.wait_stable("2", LOOP_SECONDS)
    assert record(f"loop_e2e_retrain_s_{name}", seen.time - fleet.began, "s", f"<= {LOOP_SECONDS}").holds
    assert len(decided(model, "RetrainingStarted")) == 1
    assert len(retraining_jobs(model)) == 1
    assert decided(model, "Shifted")
    assert decided(model, "Promoted")
    assert not decided(model, "RolledBack", "Rejected", "Frozen")
    eventually(lambda: cluster.champion(name) == "2", 60, pause=2)
    assert not fleet.users(name).failures


@pytest.mark.parametrize("name", [HURT, SLOW])
def test_of_a_stopped_or_slow_sidecar_nothing_is_known(fleet: LoopFleet, name: str) -> None:
    model = fleet.models[name]
    wait_condition(model, "FeedHealthy", "Unknown", CONDITION_SECONDS)
    assert status_now(model)["loop"]["health"] == "Unknown"
    assert not decided(model, *TRAININGS, "Frozen")


def test_a_challenger_waits_at_its_last_step(fleet: LoopFleet, cluster: Cluster) -> None:
    model = fleet.models[ASKS]
    seen = model.watch.wait(ASKS, waits_at_its_last_step, LOOP_SECONDS)
    assert seen.status["candidate"]["version"] == "2"
    assert len(retraining_jobs(model)) == 1
    (told,) = eventually(lambda: events(model, "AwaitsApproval"), SIDECAR_SECONDS, pause=1)
    assert 'set spec.rollout.approve to "2"' in told
    assert cluster.champion(ASKS) == "1"


def test_a_customer_is_answered_by_one_version_and_both_scores_are_kept(fleet: LoopFleet, cluster: Cluster) -> None:
    model, customers = fleet.models[ASKS], cluster.frame(CUSTOMERS)
    with cluster.kubectl.forward("churn", f"service/{ASKS}", REST_PORT) as address:
        answered = ask_by_name(address, ASKS, cluster.schema, customers, CUSTOMER, TIMES)
    assert {len(set(versions)) for versions in answered.values()} == {1}
    assert {version for versions in answered.values() for version in versions} == {"1", "2"}
    status = status_now(model)
    digests = {one["version"]: one["digest"] for one in (status["stable"], status["candidate"])}
    asked = CUSTOMERS * TIMES
    # Version 1 scores all of them, version 2 those that it answers.
    by_the_new = sum(versions.count("2") for versions in answered.values())
    kept = kept_predictions(cluster, ASKS, asked + by_the_new, KEPT_SECONDS)
    assert {one["identity_hash"] for one in kept} == set(map(identity_hash, answered))
    scores = [(one["version"], one["digest"], one["previous_digest"]) for one in kept]
    assert scores.count(("1", digests["1"], None)) == asked
    assert scores.count(("2", digests["2"], digests["1"])) == by_the_new
    assert record("kept_predictions_lost", asked + by_the_new - len(kept), "rows", "<= 0").holds


def test_a_challenger_goes_on_when_a_person_says_yes(fleet: LoopFleet, cluster: Cluster) -> None:
    model = fleet.models[ASKS]
    assert status_now(model)["state"] == "Canary"
    assert not decided(model, "Promoting")
    yes = time.time()
    say_yes_to_version(cluster.kubectl, ASKS, "2")
    model.wait_stable("2", LOOP_SECONDS, yes)
    assert [one.version for one in model.records(yes) if one.action == "Approved"] == ["2"]
    eventually(lambda: cluster.champion(ASKS) == "2", 60, pause=2)
    assert not fleet.users(ASKS).failures


def test_in_shadow_both_versions_score_and_no_user_is_answered_by_the_new_one(
    fleet: LoopFleet, by_hand: ByHand
) -> None:
    moved = by_hand.moved.result(LOOP_SECONDS)
    assert moved.shadowing.status["rollout"]["pairs"] >= ENOUGH_PAIRS
    promoting = moved.decided("Promoting", moved.second)
    early = [
        one
        for one in fleet.users(AT_FAULT).answers
        if one.version in (moved.first, moved.second) and moved.began <= one.ended < promoting
    ]
    assert record("shadow_answers", len(early), "answers of the new version", "<= 0").holds
    assert fleet.users(AT_FAULT).last_of(moved.second, promoting, float("inf"))


def test_champion_is_a_persons_to_move_during_a_rollout_and_after_it(
    fleet: LoopFleet, by_hand: ByHand, cluster: Cluster
) -> None:
    moved = by_hand.moved.result(LOOP_SECONDS)
    external = [one for one in moved.records if (one.kind, one.action) == ("External", "ChampionMoved")]
    assert [one.version for one in external] == [moved.first, moved.second, "1"]
    assert moved.decided("Withdrawn", moved.first) < moved.decided("Promoting", moved.second)
    assert not [one for one in moved.records if one.action in ("Rejected", "ChampionSet")]
    assert moved.end.status["rejected"]["version"] == fleet.versions["inverted"]
    assert cluster.champion(AT_FAULT) == "1"
    assert not [one for one in fleet.users(AT_FAULT).failures if one.began >= moved.began]
