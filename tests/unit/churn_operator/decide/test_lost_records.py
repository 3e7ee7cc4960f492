"""The record of what runs is gone, and nothing tells its revision: no pod moves to whatever was stable before it."""

from dataclasses import replace

import pytest
from churn_operator.api.status import ChurnModelStatus, Reason, State
from churn_operator.decide.observed import Observed
from churn_operator.observe.pod_failure import PodFailure
from support.observations import (
    after,
    deployed,
    model,
    observed,
    plan_of,
    problem,
    revision,
    served,
    target,
    verdict_of,
)

STABLE_2 = ChurnModelStatus(stable=served("2"), previous=served("1"))
REJECTED_3 = STABLE_2.model_copy(update={"rejected": served("3", Reason.CRASHING)})
BAD = PodFailure(Reason.BUNDLE_REJECTED, "GoldenMismatch: golden row 3")
CRASHES = PodFailure(Reason.CRASHING, "server of telco-3 ended 3 times, last with Killed", 3)
PAUSED = model({"paused": True}, STABLE_2)


def _lost(**changes: object) -> Observed:
    """Version 2 runs and is stable, and somebody has deleted its record; 1 was stable before."""
    known = {one.identifier: one for one in (revision("1"), revision("3"))}
    found: dict[str, object] = {"records": known, "deployed": deployed("2"), "model": model(status=STABLE_2)}
    return observed(**{**found, **changes})


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        pytest.param(_lost(target=problem(Reason.REGISTRY_UNREACHABLE)), State.WAITING, id="MLflow is away"),
        pytest.param(_lost(target=problem(Reason.VERSION_NOT_FOUND)), State.WAITING, id="the alias is gone"),
        pytest.param(_lost(target=problem(Reason.DIGEST_MISMATCH)), State.REJECTED, id="another digest is wanted"),
        pytest.param(_lost(target=target("3"), model=PAUSED), State.PAUSED, id="paused"),
        pytest.param(
            _lost(target=problem(Reason.REGISTRY_UNREACHABLE), model=PAUSED), State.PAUSED, id="paused, MLflow is away"
        ),
        pytest.param(
            _lost(target=target("3"), model=model(status=REJECTED_3)), State.REJECTED, id="the wanted one was rejected"
        ),
        pytest.param(
            _lost(
                target=target("3"), model=model(status=REJECTED_3), records={revision("3").identifier: revision("3")}
            ),
            State.REJECTED,
            id="the wanted one was rejected, and no other record is left",
        ),
    ],
)
def test_pods_stay_where_they_are(seen: Observed, state: State) -> None:
    assert (verdict_of(seen).state, plan_of(seen).serving) == (state, None)


def test_without_a_deployment_the_stable_one_comes_back() -> None:
    seen = _lost(
        deployed=None, records={revision("2").identifier: revision("2")}, target=problem(Reason.REGISTRY_ERROR)
    )
    serving = plan_of(seen).serving
    assert serving is not None and serving.bundle.version == "2"


@pytest.mark.parametrize("bad", [BAD, CRASHES], ids=["its bundle is bad", "its pods crash"])
def test_pods_of_a_lost_stable_version_stay_when_the_candidate_is_bad(bad: PodFailure) -> None:
    # Version 2 answers from its old pods while 3 is tried. 1, which was stable before it, is nobody's wish.
    tried = _lost(target=target("3"), deployed=deployed("3", False, bad))
    for seen in (tried, after(tried)):
        assert verdict_of(seen).state is State.REJECTED
        serving = plan_of(seen).serving
        assert serving is not None and serving.bundle.version == "3"


def test_a_person_may_then_ask_for_the_version_before() -> None:
    rejected = after(_lost(target=target("3"), deployed=deployed("3", False, CRASHES)))
    serving = plan_of(replace(rejected, target=target("1"))).serving
    assert serving is not None and serving.bundle.version == "1"
