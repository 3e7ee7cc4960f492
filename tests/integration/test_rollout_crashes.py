"""Operators end, or are stopped, in the middle of a rollout: whoever comes next goes on, and nothing is done twice."""

import os
import signal
from collections.abc import Callable

from support.audit_chain import records, words
from support.churn_model_handle import ChurnModelHandle
from support.eventually import eventually
from support.fake_serving_pods import FakeServingPods
from support.fault_proxy import Moment
from support.figures import record
from support.integration_rig import Rig
from support.probe import probe
from support.rollout_stage import GOOD, NOT_FINITE, SECONDS, RolloutStage, deeds

_EXIT_LEASE_LOST = 75
PROMOTED = ["Shifted", "Shifted", "Promoting", "ServeGatePassed", "Promoted", "PreviousSet"]
LEFT = ["Rejected", "RolledBack", "RollbackEnded"]


def test_an_operator_that_is_killed_at_each_decision_is_followed_and_nothing_is_done_twice(
    rig: Rig,
) -> None:
    """Each is on record, and left to whoever comes next."""
    namespace = rig.namespace()
    with rig.operator([namespace]) as operator, FakeServingPods(rig.server, namespace, operator.system) as pods:
        stage = RolloutStage(rig, operator, namespace, pods)
        stage.set_up(operator)
        model, first = stage.serve(probation="1h")
        before = len(records(model))
        second = stage.champion(model.name, GOOD)
        kills = _die_at_each_decision(stage, model, lambda: "PreviousSet Applied" in words(records(model)))
        stage.wait_for_state(model, "Probation")
        promoted = deeds(model, before)
        pods.register(second, NOT_FINITE)
        kills += _die_at_each_decision(stage, model, lambda: "RollbackEnded Applied" in words(records(model)))
        left = deeds(model, before)[len(promoted) :]
        stage.wait_for_pods(model, [first.digest] * 2)
    wrong = [one for one in (*PROMOTED, *LEFT) if (promoted + left).count(one) != PROMOTED.count(one) + LEFT.count(one)]
    assert record("rollout_kills", kills, "kills between record and action", ">= 7").holds
    assert record("rollout_kill_divergences", len(wrong), "deeds left out or done twice", "<= 0").holds, (
        promoted,
        left,
    )


def _die_at_each_decision(stage: RolloutStage, model: ChurnModelHandle, is_over: Callable[[], bool]) -> int:
    """Gives how often; each time another process does what was decided, before the next one is struck.

    Outcomes are let through: pods of a rolling update go on without an operator, and would be gone before the next one
    has started.
    """
    process, proxy = stage.operator.process, stage.operator.proxy
    kills = 0
    while True:
        eventually(lambda: " " in words(records(model))[-1], SECONDS)
        proxy.kill_on_write(1, Moment.AFTER, lambda: process.pid, "/configmaps")
        eventually(lambda: not proxy.kill_pending or is_over(), SECONDS)
        if proxy.kill_pending:
            proxy.forget_kill()
            return kills
        process.wait(SECONDS)
        process.start()
        kills += 1


def test_a_leader_that_is_stopped_between_a_step_and_its_action_does_nothing_when_it_goes_on(rig: Rig) -> None:
    namespace = rig.namespace()
    with (
        rig.operator([namespace]) as first,
        rig.standby(first) as second,
        FakeServingPods(rig.server, namespace, first.system) as pods,
    ):
        stage = RolloutStage(rig, first, namespace, pods)
        stage.set_up(first, second)
        model, _ = stage.serve(probation="5s")
        before = len(records(model))
        version = stage.roll_out(model, GOOD)
        stage.wait_for_weight(model, 25)
        first.proxy.stop_on_write(Moment.AFTER, first.process.pid, "/configmaps")
        eventually(lambda: not first.proxy.stop_pending, SECONDS)
        written = len(first.proxy.writes)
        eventually(lambda: rig.lease_holder(first.system) == second.process.pod_name, SECONDS)
        _wait_for_end(model, before)
        os.kill(first.process.pid, signal.SIGCONT)
        assert first.process.wait(SECONDS) == _EXIT_LEASE_LOST
        actions = first.proxy.writes[written:]
        stage.wait_for_pods(model, [version.digest] * 2)
        assert rig.traffic_leads_to(first.system) == second.process.address
        assert probe(f"{first.process.traffic_url}/{namespace}/{model.name}?pod=x") is None
    found = deeds(model, before)
    assert sorted(found) == sorted(["ChampionMoved", "RolloutBegun", *PROMOTED, "ProbationEnded"])
    assert record("stale_leader_rollout_actions", len(actions), "writes", "<= 0").holds, actions


def _wait_for_end(model: ChurnModelHandle, before: int) -> None:
    try:
        eventually(lambda: "ProbationEnded" in deeds(model, before), SECONDS)
    except AssertionError as error:
        raise AssertionError(f"{model.status()}; {words(records(model, before))}") from error
