"""What the operator tells of each ChurnModel: one state at a time, and nothing of one that is gone."""

from churn_operator.api.status import Reason, State
from churn_operator.metrics import forget_model, show_model
from prometheus_client import REGISTRY

KEY = ("churn", "metrics-test")


def _told() -> list[dict[str, str]]:
    samples = [sample for family in REGISTRY.collect() for sample in family.samples]
    return [
        sample.labels
        for sample in samples
        if sample.name == "churn_model_state" and sample.labels["churnmodel"] == KEY[1]
    ]


def test_a_new_state_takes_the_place_of_the_old_one_and_a_deletion_of_both() -> None:
    show_model(KEY, State.CANARY, Reason.STEP_HOLDS)
    show_model(KEY, State.CANARY, Reason.AWAITS_APPROVAL)
    assert _told() == [
        {"namespace": "churn", "churnmodel": KEY[1], "state": "Canary", "reason": "AwaitsApproval"},
    ]
    forget_model(KEY)
    forget_model(KEY)
    assert _told() == []
