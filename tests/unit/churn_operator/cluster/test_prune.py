"""What stays although nothing wants it, for every kind alike."""

import pytest
from churn_operator.cluster.prune import is_kept
from churn_operator.decide.plan import Plan
from churn_operator.names import COMPONENT_LABEL, REVISION_LABEL, Component
from support.observations import distributed, revision

SERVES = Plan(run=revision("1"), serving=revision("1"))
STARTS = Plan(run=revision("1"), members=(distributed("2"),), kept=frozenset({"two"}))


@pytest.mark.parametrize(
    ("kind", "component", "of", "plan", "kept"),
    [
        ("Job", Component.TRAINING, None, SERVES, True),
        ("NetworkPolicy", Component.TRAINING, None, SERVES, True),
        ("ControllerRevision", Component.SERVING, "one", SERVES, False),
        ("HorizontalPodAutoscaler", Component.SERVING, None, SERVES, False),
        ("HorizontalPodAutoscaler", Component.SERVING, None, Plan(), True),
        ("Deployment", Component.SERVING, None, Plan(), True),
        # The pod that verifies a candidate goes with it.
        ("Deployment", Component.SERVING, None, SERVES, False),
        ("Deployment", Component.MEMBER, "one", STARTS, False),
        ("Deployment", Component.MEMBER, "two", STARTS, True),
        ("PodDisruptionBudget", Component.MEMBER, None, STARTS, True),
        ("PodDisruptionBudget", Component.MEMBER, None, SERVES, False),
        ("NetworkPolicy", Component.MEMBER, None, Plan(), True),
    ],
)
def test_kept(kind: str, component: Component, of: str | None, plan: Plan, kept: bool) -> None:
    labels = {COMPONENT_LABEL: component.value} | ({REVISION_LABEL: of} if of else {})
    data = revision("1").bundle.to_data() | revision("1").configuration.to_data()
    assert is_kept({"kind": kind, "metadata": {"name": "telco", "labels": labels}, "data": data}, plan) is kept


def test_a_record_that_another_version_wrote_in_another_form_is_left_for_it() -> None:
    labels = {COMPONENT_LABEL: Component.SERVING.value, REVISION_LABEL: "one"}
    revision_of_tomorrow = {
        "kind": "ControllerRevision",
        "metadata": {"name": "telco-one", "labels": labels},
        "data": {"bundles": ["sha256:1", "sha256:2"]},
    }
    assert is_kept(revision_of_tomorrow, SERVES)
