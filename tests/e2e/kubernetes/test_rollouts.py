"""Rollouts on real kind under load: good versions are promoted, bad ones harm nobody, killed operators change nothing.

All of them run side by side from the fixture on (`support.rollout_fleet`); each test waits for the one that it is
about. The operator is killed last, when nobody else's times are measured.
"""

import sys
from collections import Counter
from collections.abc import Iterator

import pytest
from support.eventually import eventually
from support.figures import record
from support.kubernetes_cluster import SYSTEM, Cluster
from support.rolled_model import Record, Tried
from support.rollout_faults import FAULTS, Fault
from support.rollout_fleet import DIRECT, Fleet, fate_of, rollout_fleet
from support.rollout_plan import CANDIDATE_STEPS, HOST, ONE, as_text
from support.states_picture import not_drawn
from support.user_log import UserLog

GOOD = (HOST, ONE)
IN_FORCE_SECONDS = 5
MEASURED_SECONDS = IN_FORCE_SECONDS + 1
"""The same from a record on: its time is of whole seconds, so up to one of those measured lies before the decision."""
EVIDENCE_SECONDS = 60
ENOUGH_REQUESTS = 10_000
STAGES = ("Verifying", "Canary", "Promoting")


@pytest.fixture(scope="module")
def fleet(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with rollout_fleet(cluster, tmp_path_factory.mktemp("fleet")) as fleet:
        yield fleet


@pytest.mark.parametrize("name", GOOD)
def test_a_good_version_is_promoted_step_by_step(fleet: Fleet, name: str) -> None:
    tried = fleet.result(name)
    assert (tried.end.state, tried.end.status["stable"]["version"]) == ("Stable", "2"), as_text(tried.end.status)
    assert [one.rollout["weight"] for one in _steps(tried)] == list(CANDIDATE_STEPS)
    assert [state for state in tried.states if state in (*STAGES, "Probation")]
    assert not_drawn(tried.states) == []


def test_no_user_of_a_canary_is_harmed(fleet: Fleet) -> None:
    tried = fleet.result(HOST)
    eventually(lambda: len(fleet.users(HOST).answers) >= ENOUGH_REQUESTS, 120, pause=2)
    users = fleet.users(HOST)
    troubles = [one.trouble for one in users.answers if one.trouble]
    assert record("canary_requests", len(users.answers), "requests", f">= {ENOUGH_REQUESTS}").holds
    assert record("canary_failed", len(troubles), "requests", "<= 0").holds, troubles[:5]
    assert users.last_of("2", tried.since, float("inf"))


def test_a_candidate_answers_its_share_exactly(fleet: Fleet) -> None:
    errors = [error for name in GOOD for error in _share_errors(fleet.users(name), fleet.result(name))]
    assert len(errors) == len(GOOD) * len(CANDIDATE_STEPS)
    assert record("canary_share_error_points", max(errors), "points", "<= 1").holds, errors


def test_what_a_candidate_answers_is_scored_by_both(fleet: Fleet) -> None:
    shares = [_paired(fleet.users(name), fleet.result(name)) for name in GOOD]
    assert record("paired_share", min(shares), "of the candidate's answers", ">= 0.99").holds, shares


def test_a_weight_is_in_force_within_seconds(fleet: Fleet) -> None:
    seconds = [taken for name in GOOD for taken in _seconds_until_in_force(fleet.users(name), fleet.result(name))]
    assert len(seconds) == len(GOOD) * len(CANDIDATE_STEPS)
    assert record("weight_in_force_s_max", max(seconds), "s", f"<= {MEASURED_SECONDS}").holds, seconds


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_is_bad_is_taken_back_and_marked(fleet: Fleet, fault: Fault) -> None:
    tried = fleet.result(fault.name)
    assert tried.end.state == "Rejected", as_text(tried.end.status)
    rejected = tried.end.status["rejected"]
    assert rejected["version"] == tried.version
    assert rejected["reason"] in fault.reasons, as_text(rejected)
    assert fate_of(fleet.models[fault.model], rejected["revision"]) == fault.fate
    assert tried.end.status["stable"]["version"] == "1"
    assert not_drawn(tried.states) == []


def test_bad_scores_are_found_within_a_minute(fleet: Fleet) -> None:
    # The evidence is there within half of it at these rates.
    scored = [fleet.result(fault.name) for fault in FAULTS if fault.model == "telco-scores"]
    seconds = [tried.decisions("Rejected")[0].time - _steps(tried)[0].time for tried in scored]
    assert record("fault_found_s_max", max(seconds), "s", f"<= {EVIDENCE_SECONDS}").holds, seconds


def test_no_user_is_harmed_by_what_is_bad(fleet: Fleet) -> None:
    runs = [(fleet.users(fault.model), fleet.result(fault.name), "Rejected") for fault in FAULTS]
    harmed = [one for users, tried, _ in runs for one in users.failures if _during(tried, one.began)]
    wrong = [one for users, tried, _ in runs for one in users.wrong() if _during(tried, one.began)]
    late = [answers for users, tried, action in runs if (answers := _answers_after(users, tried, action))]
    assert record("fault_user_failures", len(harmed), "requests", "<= 0").holds, harmed[:5]
    assert record("fault_wrong_answers", len(wrong) + len(late), "answers", "<= 0").holds, (wrong[:5], late)


def test_a_bad_version_promoted_by_hand_is_rolled_back_in_probation(fleet: Fleet) -> None:
    tried = fleet.result(DIRECT)
    assert (tried.end.state, tried.end.status["stable"]["version"]) == ("Rejected", "1"), as_text(tried.end.status)
    assert _of_rollout(tried.states) == ["RollingOut", "Probation", "RollingBack"], as_text(tried.end.status)
    assert fate_of(fleet.models[DIRECT], tried.end.status["rejected"]["revision"]) == "Quarantined"
    assert not fleet.users(DIRECT).failures


def test_who_is_rolled_back_answers_no_more_within_seconds(fleet: Fleet) -> None:
    scored = [fault for fault in FAULTS if fault.model == "telco-scores"]
    seconds = [_seconds_of_rollback(fleet.users(one.model), fleet.result(one.name), "Rejected") for one in scored]
    seconds.append(_seconds_of_rollback(fleet.users(DIRECT), fleet.result(DIRECT), "RolledBack"))
    assert record("rollback_s_max", max(seconds), "s", f"<= {MEASURED_SECONDS}").holds, seconds


def test_a_killed_operator_ends_where_one_that_lives_does(fleet: Fleet) -> None:
    fleet.wait_for_all()
    model = fleet.models[ONE]
    steps = [{"weight": weight, "hold": "15s"} for weight in (25, 50)]
    since = model.change(model={"version": "1"}, rollout={"steps": steps})
    for state in STAGES:
        model.watch.wait(ONE, lambda seen, state=state: seen.state == state, 180, since)  # type: ignore[misc]
        _kill_operator(fleet)
    end = model.wait_stable("1", 300, since)
    assert end.status["stable"]["version"] == "1"
    decided = [_what(one) for one in model.records(since) if one.kind == "Decision"]
    twice = [key for key, times in Counter(decided).items() if times > 1]
    assert record("kind_kill_runs", len(STAGES), "runs", ">= 3").holds
    assert record("kind_kill_divergences", len(twice), "actions", "<= 0").holds, twice
    assert not [one for one in fleet.users(ONE).answers if one.trouble and one.began >= since]


def test_every_chain_is_whole(fleet: Fleet) -> None:
    fleet.wait_for_all()
    for model in fleet.models.values():
        command = [sys.executable, "-m", "churn_operator", "audit", "verify", "-n", "churn", model.name]
        model.cluster.kubectl.output(command)


def _steps(tried: Tried) -> list[Record]:
    return tried.decisions("Shifted")


def _decisions(tried: Tried) -> list[tuple[int, float, float]]:
    """Each step's weight, when it was decided, and when the next step or phase was."""
    steps = _steps(tried)
    ends = [*(one.time for one in steps[1:]), tried.decisions("Promoting")[0].time]
    return [(int(one.rollout["weight"]), one.time, end) for one, end in zip(steps, ends, strict=True)]


def _share_errors(users: UserLog, tried: Tried) -> list[float]:
    """Points between the weight and what it came to, from when it was in force everywhere to the next decision."""
    errors = []
    for weight, begin, end in _decisions(tried):
        in_force = users.in_force_at(weight, "1", begin, end)
        assert in_force is not None, f"{weight} % was never in force everywhere"
        errors.append(abs(users.share("2", in_force, end) - weight))
    return errors


def _seconds_until_in_force(users: UserLog, tried: Tried) -> list[float]:
    found = [(users.in_force_at(weight, "1", begin, end), begin) for weight, begin, end in _decisions(tried)]
    return [moment - begin for moment, begin in found if moment is not None]


def _paired(users: UserLog, tried: Tried) -> float:
    """Of the requests that the candidate has answered, those that both versions have scored: at the canary's end."""
    looks = [look for look in users.last_looks(tried.decisions("Promoting")[0].time) if look.version == "1"]
    counts = [look.versions["2"] for look in looks]
    return sum(min(one["requests"], one["scored"]) for one in counts) / sum(one["requests"] for one in counts)


def _during(tried: Tried, moment: float) -> bool:
    return tried.since <= moment <= tried.end.time + IN_FORCE_SECONDS


def _seconds_of_rollback(users: UserLog, tried: Tried, action: str) -> float:
    """From the record to the last request that the bad version has answered; 0 where there is none afterwards."""
    decided = tried.decisions(action)[0].time
    last = users.last_of(tried.version, tried.since, tried.end.time + EVIDENCE_SECONDS)
    return max(0.0, last - decided) if last else 0.0


def _answers_after(users: UserLog, tried: Tried, action: str) -> bool:
    return tried.version not in ("1", "2") and _seconds_of_rollback(users, tried, action) > MEASURED_SECONDS


def _of_rollout(states: list[str]) -> list[str]:
    """Each state once, in order, without where it began and ended."""
    found = [state for state in dict.fromkeys(states) if state not in ("Stable", "Rejected", "Degraded")]
    # A busy MLflow may not say at once which bundle the version is.
    return found[found[:1] == ["Waiting"] :]


def _kill_operator(fleet: Fleet) -> None:
    """At once, as a failing node would; its Deployment starts another one."""
    kubectl = next(iter(fleet.models.values())).cluster.kubectl
    selector = "app.kubernetes.io/name=churn-operator"
    kubectl.run("-n", SYSTEM, "delete", "pods", "-l", selector, "--grace-period=0", "--force", "--wait=false")


def _what(one: Record) -> tuple[str, str, object]:
    """What a decision is about: the same twice in one rollout is an action done twice."""
    return one.action, one.version, one.rollout.get("weight")
