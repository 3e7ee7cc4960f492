"""What MLflow or the API server did not take is tried again ever more rarely, never later than what else is due."""

import pytest
from churn_operator.api.status import Reason
from churn_operator.decide.next_attempt import seconds_to_next_attempt
from churn_operator.names import Component
from churn_operator.observe.write_result import Denial, WriteResult
from support.observations import deployed, model, observed, status_of, target

ALIAS = WriteResult(alias_problem="403 Permission denied")
BATCH = WriteResult(apart={Component.BATCH: Denial(Reason.CHANGE_DENIED, "exceeded quota")})


@pytest.mark.parametrize("written", [ALIAS, BATCH], ids=["alias", "batch"])
@pytest.mark.parametrize(
    ("now", "due", "seconds"),
    [
        ("2026-11-23T12:00:10Z", None, 15.0),
        ("2026-11-23T12:04:00Z", None, 60.0),
        ("2026-11-24T12:00:00Z", None, 600.0),
        ("2026-11-24T12:00:00Z", 5.0, 5.0),
        ("2026-11-23T12:04:00Z", 900.0, 60.0),
    ],
)
def test_it_is_tried_again_ever_more_rarely(written: WriteResult, now: str, due: float | None, seconds: float) -> None:
    status = status_of(observed(target=target("1", first=True), deployed=deployed("1")), written)
    seen = observed(model=model(status=status), now=now)
    assert seconds_to_next_attempt(seen, written, due) == seconds
    assert seconds_to_next_attempt(seen, WriteResult(), due) == due
