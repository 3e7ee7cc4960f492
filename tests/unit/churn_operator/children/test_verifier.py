"""The pod that verifies a candidate: as it will run after a promotion, and counted by nothing that is about users."""

from typing import Any

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.children.build_children import build_children
from churn_operator.decide.plan import Plan
from churn_operator.settings import Settings
from support.observations import model, revision

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
AUTOSCALED: dict[str, Any] = {
    "serving": {"autoscaling": {}},
    "rollout": {"progressDeadline": "90s"},
    "pod": {"labels": {"team": "crm"}},
}


def _built() -> dict[tuple[str, str], Manifest]:
    stable, candidate = revision("1"), revision("2")
    plan = Plan(records=(stable, candidate), run=stable, serving=stable, verifier=candidate)
    children = build_children(model(AUTOSCALED), plan, SETTINGS)
    return {(child["kind"], child["metadata"]["name"]): child for child in children}


def _verifier() -> Manifest:
    return _built()[("Deployment", "telco-candidate")]


def _matches(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


def test_its_pod_is_the_candidates_own_template_on_another_track() -> None:
    (kept,) = [
        child["data"]["templates"]["serving"]
        for (kind, _), child in _built().items()
        if kind == "ControllerRevision" and child["data"]["version"] == "2"
    ]
    template = _verifier()["spec"]["template"]
    assert kept["metadata"]["labels"]["churnserve.dev/track"] == "stable"
    assert template["metadata"]["labels"]["churnserve.dev/track"] == "candidate"
    kept["metadata"]["labels"]["churnserve.dev/track"] = "candidate"
    assert template == kept


def test_it_is_one_pod_and_selects_its_own_alone() -> None:
    children = _built()
    spec, stable = children[("Deployment", "telco-candidate")]["spec"], children[("Deployment", "telco")]["spec"]
    assert spec["replicas"] == 1
    assert _matches(spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"])
    assert not _matches(spec["selector"]["matchLabels"], stable["template"]["metadata"]["labels"])
    assert spec["progressDeadlineSeconds"] == stable["progressDeadlineSeconds"] == 90


@pytest.mark.parametrize(("kind", "name"), [("Service", "telco"), ("PodDisruptionBudget", "telco")])
def test_what_is_about_users_does_not_select_it(kind: str, name: str) -> None:
    selector = _built()[(kind, name)]["spec"]["selector"]
    labels = _verifier()["spec"]["template"]["metadata"]["labels"]
    assert not _matches(selector.get("matchLabels", selector), labels)


def test_other_pods_may_read_its_bundle_and_the_network_policy_holds_for_it() -> None:
    labels = _verifier()["spec"]["template"]["metadata"]["labels"]
    assert _matches(_built()[("Service", "telco-peers")]["spec"]["selector"], labels)
    assert _matches(_built()[("NetworkPolicy", "telco")]["spec"]["podSelector"]["matchLabels"], labels)


def test_the_autoscaler_scales_the_stable_pods() -> None:
    scaler = _built()[("HorizontalPodAutoscaler", "telco")]
    assert scaler["spec"]["scaleTargetRef"]["name"] == "telco"


def test_nobody_is_told_of_it_once_the_plan_has_none() -> None:
    stable = revision("1")
    children = build_children(model(), Plan(records=(stable,), run=stable, serving=stable), SETTINGS)
    assert "telco-candidate" not in {child["metadata"]["name"] for child in children}
