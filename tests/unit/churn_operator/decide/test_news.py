"""Which changes of a status are written at once, and which wait: figures grow with every look."""

from typing import Any

import pytest
from churn_operator.api.rollout_status import RolloutProgress, WeightInForce
from churn_operator.api.status import ChurnModelStatus, Condition
from churn_operator.decide.news import is_news
from support.observations import NOW, served

FORCE = WeightInForce(least=5, most=5)
TOLD = RolloutProgress(phase="Canary", version="2", step=1, steps=3, weight=5, in_force=FORCE, pairs=7, since=NOW)
READY = Condition(
    type="Ready", status="False", reason="Unknown", message="7", last_transition_time=NOW, observed_generation=3
)
STATUS = ChurnModelStatus(state="Canary", stable=served("1"), rollout=TOLD, conditions=[READY])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"rollout": TOLD.model_copy(update={"pairs": 9, "message": "9", "pods": 1})}, False, id="figures"),
        pytest.param({"conditions": [READY.model_copy(update={"message": "9"})]}, False, id="their sentence"),
        pytest.param({"conditions": [READY.model_copy(update={"reason": "StepHolds"})]}, True, id="a reason"),
        pytest.param({"state": "Promoting"}, True, id="the state"),
        pytest.param({"rollout": TOLD.model_copy(update={"weight": 25})}, True, id="the weight"),
        pytest.param({"rollout": TOLD.model_copy(update={"verdict": "pass"})}, True, id="the verdict"),
        pytest.param(
            {"rollout": TOLD.model_copy(update={"in_force": WeightInForce(least=0, most=5)})}, True, id="what pods do"
        ),
        pytest.param({"rollout": None}, True, id="its end"),
    ],
)
def test_what_is_written_at_once(change: dict[str, Any], expected: bool) -> None:
    assert is_news(STATUS, STATUS.model_copy(update=change)) == expected
