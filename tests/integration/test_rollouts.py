"""A version is tried in the stable pods, promoted and left again, by a real API server, with pods that are played."""

from collections.abc import Iterator

import pytest
from churn_models.names import CHAMPION
from support.audit_chain import records
from support.churn_model_handle import ChurnModelHandle
from support.eventually import eventually
from support.fake_serving_pods import FakeServingPods
from support.fake_status import Fate
from support.figures import record
from support.integration_rig import Rig
from support.rollout_stage import FAILING, GOOD, INVERTED, NOT_FINITE, SECONDS, RolloutStage, deeds
from support.simulated_versions import Version

# Operators that these tests kill leave connections open in the rig's event loops, which end without them now and then.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function _SelectorTransport.__del__:pytest.PytestUnraisableExceptionWarning"
)

STEPS = ["ChampionMoved", "RolloutBegun", "Shifted", "Shifted", "Promoting", "ServeGatePassed", "Promoted"]


@pytest.fixture(scope="module")
def stage(rig: Rig) -> Iterator[RolloutStage]:
    namespace = rig.namespace()
    with rig.operator([namespace]) as operator, FakeServingPods(rig.server, namespace, operator.system) as pods:
        stage = RolloutStage(rig, operator, namespace, pods)
        stage.set_up(operator)
        yield stage


def _has_no_verifier(model: ChurnModelHandle) -> bool:
    return [one["metadata"]["name"] for one in model.children("Deployment")] == [model.name]


def test_a_good_version_takes_its_steps_and_ends_its_probation(stage: RolloutStage) -> None:
    model, first = stage.serve(probation="5s")
    before = len(records(model))
    second = stage.roll_out(model, GOOD)
    stage.wait_for_weight(model, 25)
    stage.wait_for_weight(model, 50)
    stage.wait_for_pods(model, [first.digest] * 2)
    stage.wait_for_state(model, "Probation")
    assert _has_no_verifier(model)
    stage.wait_for_state(model, "Stable")
    stage.wait_for_pods(model, [second.digest] * 2)
    assert deeds(model, before) == [*STEPS, "PreviousSet", "ProbationEnded"]
    assert model.is_ready(second.digest)


def test_a_version_that_turns_bad_in_its_probation_is_left_by_weight_and_then_by_its_pods(stage: RolloutStage) -> None:
    model, first = stage.serve(probation="1h")
    before = len(records(model))
    second = stage.roll_out(model, GOOD)
    stage.wait_for_state(model, "Probation")
    # The new pods hold the version before, and score a share of their requests by it, too.
    eventually(lambda: all(pod.trial for pod in stage.pods.of(model.name)), SECONDS)
    stage.pods.register(second, NOT_FINITE)
    left = ["Rejected", "RolledBack", "RollbackEnded", "ChampionSet"]
    eventually(lambda: sorted(deeds(model, before)) == sorted([*STEPS, "PreviousSet", *left]), SECONDS)
    assert stage.rig.mlflow.alias(model.name, CHAMPION) == first.version
    decided = next(one for one in records(model, before) if one["action"] == "Rejected")
    seconds = stage.last_answer_after(second.digest, decided)
    assert record("played_rollback_s", seconds, "s from the record to the last answer", "<= 5").holds
    stage.wait_for_pods(model, [first.digest] * 2)
    status = model.status()
    assert (status["stable"]["digest"], status["rejected"]["digest"]) == (first.digest, second.digest)


@pytest.mark.parametrize("behaviour", [NOT_FINITE, INVERTED], ids=["not finite", "inverted"])
def test_a_bad_version_is_left_at_its_first_step(stage: RolloutStage, behaviour: Version) -> None:
    model, first = stage.serve()
    before = len(records(model))
    second = stage.roll_out(model, behaviour)
    stage.wait_for_state(model, "Rejected")
    assert deeds(model, before)[:3] == STEPS[:3]
    assert {"Rejected"} <= set(deeds(model, before)) <= {*STEPS[:4], "Rejected", "RolledBack"}
    eventually(lambda: _has_no_verifier(model), SECONDS)
    decided = next(one for one in records(model, before) if one["action"] == "Rejected")
    assert stage.last_answer_after(second.digest, decided) <= 5
    stage.wait_for_pods(model, [first.digest] * 2)
    assert {pod.revision for pod in stage.pods.of(model.name)} == {model.status()["stable"]["revision"]}


def test_a_version_whose_pods_fail_is_stopped_after_the_first_of_them(stage: RolloutStage) -> None:
    model, first = stage.serve(strategy="Direct")
    second = stage.rig.mlflow.register(model.name)
    stage.pods.register(second, FAILING)
    # It is compared from when it is ready.
    stage.rig.kubelet.decide(stage.namespace, second.digest, Fate(starts_in=2, ready_for=0))
    stage.rig.mlflow.set_alias(second, CHAMPION)
    eventually(lambda: sorted(stage.serving(model)) == sorted([first.digest] * 2 + [second.digest]), SECONDS)
    stage.wait_for_state(model, "Rejected")
    stage.wait_for_pods(model, [first.digest] * 2)
    assert model.status()["rejected"]["digest"] == second.digest
    assert "Promoted" not in deeds(model)[2:]


def test_a_challenger_waits_for_a_person_and_becomes_champion(stage: RolloutStage) -> None:
    model, first = stage.serve()
    second = stage.challenge(model, first, GOOD)
    eventually(lambda: "AwaitsApproval" in deeds(model), SECONDS)
    assert model.is_ready(first.digest)
    model.change(rollout={"approve": second.version})
    stage.wait_for_state(model, "Probation")
    eventually(lambda: stage.rig.mlflow.alias(model.name, CHAMPION) == second.version, SECONDS)
    assert deeds(model).count("AwaitsApproval") == 1


def test_an_mlflow_that_is_away_holds_no_step_up_and_rejects_nothing(stage: RolloutStage) -> None:
    model, _ = stage.serve(probation="5s")
    before = len(records(model))
    second = stage.roll_out(model, GOOD)
    stage.wait_for_weight(model, 25)
    stage.rig.mlflow.down = True
    try:
        stage.wait_for_state(model, "Probation")
    finally:
        stage.rig.mlflow.down = False
    eventually(lambda: sorted(deeds(model, before)) == sorted([*STEPS, "PreviousSet", "ProbationEnded"]), SECONDS)
    stage.wait_for_pods(model, [second.digest] * 2)


def test_another_wish_in_the_middle_takes_the_first_one_back(stage: RolloutStage) -> None:
    model, _ = stage.serve(steps=[{"weight": 5, "hold": "15s"}])
    second = stage.roll_out(model, GOOD)
    stage.wait_for_weight(model, 5)
    third = stage.roll_out(model, GOOD)
    eventually(lambda: model.status().get("candidate", {}).get("digest") == third.digest, SECONDS)
    stage.wait_for_weight(model, 5)
    assert stage.pods.answered(second.digest) > 0
    stage.wait_for_state(model, "Probation")
    stage.wait_for_pods(model, [third.digest] * 2)
