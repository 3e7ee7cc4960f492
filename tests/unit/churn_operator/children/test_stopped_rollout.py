"""A serving Deployment whose rollout is stopped: no old pod goes, also where one new pod is all there will be."""

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.children.build_children import build_children
from churn_operator.decide.plan import Plan
from churn_operator.settings import Settings
from support.observations import model, revision

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")


def _spec(deadline: str, stops_rollout: bool) -> Manifest:
    stable = revision("1")
    plan = Plan(records=(stable,), run=stable, serving=stable, stops_rollout=stops_rollout)
    children = build_children(model({"rollout": {"progressDeadline": deadline}}), plan, SETTINGS)
    found: Manifest = next(child for child in children if child["kind"] == "Deployment")["spec"]
    return found


@pytest.mark.parametrize(("deadline", "seconds"), [("5m", 299), ("10s", 9), ("24h", 86399)])
def test_no_new_pod_counts_as_available_while_it_is_stopped(deadline: str, seconds: int) -> None:
    spec = _spec(deadline, stops_rollout=True)
    assert (spec["paused"], spec["minReadySeconds"]) == (True, seconds)
    assert spec["minReadySeconds"] < spec["progressDeadlineSeconds"]


def test_it_counts_at_once_otherwise() -> None:
    spec = _spec("5m", stops_rollout=False)
    assert (spec.get("paused"), spec["minReadySeconds"]) == (None, 2)
