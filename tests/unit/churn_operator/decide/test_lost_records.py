"""The record of what runs is gone, and nothing tells its revision: no pod moves to whatever was stable before it."""

import pytest
from churn_operator.api.status import ChurnModelStatus, Reason, State
from churn_operator.decide.observed import Observed
from support.observations import deployed, model, observed, plan_of, problem, revision, served, target, verdict_of

STABLE_2 = ChurnModelStatus(stable=served("2"), previous=served("1"))
REJECTED_3 = STABLE_2.model_copy(update={"rejected": served("3", Reason.CRASHING)})
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
