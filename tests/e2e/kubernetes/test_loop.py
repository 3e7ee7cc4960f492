"""The closed loop on real kind, by both engines: it retrains, rolls back, freezes, tells people, and harms no user.

Every ChurnModel of `support.loop_fleet` lives through its own thing from the fixture on; each test waits for what it is
about. They follow one another: what they wait for comes meanwhile.
"""

import time
from collections.abc import Iterator

import httpx
import pytest
from churn_models.drift.report import REPORT_PATH, Report
from churn_models.names import CHAMPION
from churn_models.registry import ModelReference
from churn_operator.names import DRIFT_PORT
from support.eventually import eventually
from support.figures import record
from support.forged_alerts import ALERTS, post_alerts
from support.frozen_server import signal_sidecar
from support.kubernetes_cluster import Cluster
from support.loop_fleet import AT_FAULT, BROKEN, HURT, MOVED, WINDOW_SECONDS, LoopFleet, loop_fleet
from support.loop_looks import (
    decided,
    is_ready,
    p99,
    restarts,
    retraining_jobs,
    serves,
    users_since,
    wait_condition,
    watch_users,
)

CONDITION_SECONDS = 300
LOOP_SECONDS = 600
SIDECAR_SECONDS = 15
"""For which users are watched in each state of a sidecar."""
REST_SECONDS = 10
"""After alerts: each ChurnModel is looked at again within half of it."""
TRAININGS = ("RetrainingStarted", "Suggested", "Observed")


@pytest.fixture(scope="module")
def fleet(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopFleet]:
    with loop_fleet(cluster, tmp_path_factory.mktemp("loop")) as fleet:
        yield fleet


@pytest.fixture(scope="module")
def alerted(fleet: LoopFleet, cluster: Cluster) -> tuple[float, float]:
    """From when to when a thousand alerts were posted, none of which is Alertmanager's own."""
    began = time.time()
    answers = post_alerts(cluster, [*MOVED, BROKEN, HURT])
    assert answers == {"forged": {401}, "duplicate": {200}}
    return began, time.time()


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


def test_a_model_at_fault_is_rolled_back_and_not_retrained(fleet: LoopFleet, cluster: Cluster) -> None:
    model, bad = fleet.models[AT_FAULT], fleet.bad["inverted"]
    since = time.time()
    with cluster.registry() as registry:
        registry.set_alias(registry.resolve(ModelReference(AT_FAULT, version=bad)), CHAMPION)
    tried = model.follow(bad, since, LOOP_SECONDS)
    assert (tried.end.state, tried.end.status["stable"]["version"]) == ("Rejected", "1"), tried.end.status
    (back,) = tried.decisions("RolledBack")
    first = min(one.ended for one in fleet.users(AT_FAULT).answers if one.version == bad)
    windows = (back.time - first) / WINDOW_SECONDS
    assert record("loop_e2e_rollback_windows", windows, "windows of a minute", "<= 3").holds
    assert not decided(model, *TRAININGS)
    eventually(lambda: cluster.champion(AT_FAULT) == "1", 60, pause=2)


@pytest.mark.parametrize("name", MOVED)
def test_the_engine_of_a_pod_sees_a_moved_world(fleet: LoopFleet, name: str) -> None:
    kubectl = fleet.models[name].cluster.kubectl
    pod = next(one for one in fleet.models[name].pods() if serves(one, "1"))
    with kubectl.forward("churn", f"pod/{pod['metadata']['name']}", DRIFT_PORT) as address:

        def sees() -> bool:
            report = Report.model_validate_json(httpx.get(f"http://{address}{REPORT_PATH}").content)
            return any(window.is_drift for window in report.engine.windows)

        assert eventually(sees, CONDITION_SECONDS, pause=2)


def test_a_killed_or_stopped_sidecar_costs_users_nothing(fleet: LoopFleet) -> None:
    model = fleet.models[HURT]
    wait_condition(model, "FeedHealthy", "True", CONDITION_SECONDS)
    (pod,) = model.pods()
    began = time.time()
    for signal in ("KILL", "STOP"):
        signal_sidecar(model.cluster.kubectl, pod, signal)
        watch_users(SIDECAR_SECONDS)
    hurt, others = (users_since(fleet, name, began) for name in (HURT, AT_FAULT))
    assert record("sidecar_fault_user_failures", len(hurt.failures), "requests", "<= 0").holds, hurt.failures[:5]
    # The same customers ask the other one in the same seconds.
    bar = f"<= {2 * p99(others) + 50:.0f}"
    assert record("sidecar_fault_p99_ms", p99(hurt), f"ms, beside {p99(others):.0f}", bar).holds
    (again,) = model.pods()
    assert again["metadata"]["uid"] == pod["metadata"]["uid"]
    assert is_ready(again)
    assert restarts(again, "server") == restarts(pod, "server")


def test_what_faults_is_rejected_whatever_its_sidecar_does(fleet: LoopFleet) -> None:
    model, bad = fleet.models[HURT], fleet.bad["not finite"]
    tried = model.try_version(bad, LOOP_SECONDS)
    assert (tried.end.state, tried.end.status["stable"]["version"]) == ("Rejected", "1"), tried.end.status
    assert tried.end.status["rejected"]["reason"] == "CandidateFaults"
    assert not [one for one in fleet.users(HURT).failures if one.began >= tried.since]


def test_a_broken_feed_freezes(fleet: LoopFleet) -> None:
    model = fleet.models[BROKEN]
    wait_condition(model, "FeedHealthy", "False", CONDITION_SECONDS)
    (frozen,) = eventually(lambda: decided(model, "Frozen"), 60, pause=2)
    assert record("loop_e2e_freeze_s", frozen.time - fleet.began, "s", f"<= {CONDITION_SECONDS}").holds
    assert not decided(model, *TRAININGS, "RolledBack")
    assert model.watch.now(BROKEN).status["loop"]["frozen"]  # type: ignore[union-attr]


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


def test_of_a_stopped_sidecar_nothing_is_known(fleet: LoopFleet) -> None:
    model = fleet.models[HURT]
    wait_condition(model, "FeedHealthy", "Unknown", CONDITION_SECONDS)
    assert model.watch.now(HURT).status["loop"]["health"] == "Unknown"  # type: ignore[union-attr]
    assert not decided(model, *TRAININGS, "Frozen")
