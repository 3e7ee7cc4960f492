"""The alias of a first champion: written once it serves, tried ever more rarely while MLflow does not take it."""

import pytest
from churn_operator.api.status import ChurnModelStatus, ConditionType
from churn_operator.decide.alias import alias_to_write
from churn_operator.decide.facts import find_facts
from churn_operator.decide.observed import Observed
from churn_operator.observe.write_result import WriteResult
from support.observations import deployed, model, observed, served, status_of, target

STABLE_1 = ChurnModelStatus(stable=served("1"))
SERVES = observed(target=target("1", first=True), deployed=deployed("1"), model=model(status=STABLE_1))


@pytest.mark.parametrize(
    ("seen", "version"),
    [
        pytest.param(SERVES, "1", id="it serves"),
        pytest.param(observed(target=target("1", first=True), deployed=deployed("1", False)), None, id="starting"),
        pytest.param(observed(deployed=deployed("1"), model=model(status=STABLE_1)), None, id="it is champion already"),
    ],
)
def test_the_alias_moves_when_the_version_serves(seen: Observed, version: str | None) -> None:
    assert alias_to_write(seen, find_facts(seen)) == version


def test_what_mlflow_does_not_take_is_told_and_hides_nothing() -> None:
    status = status_of(SERVES, WriteResult(alias_problem="403 Permission denied"))
    told = {one.type: (one.status, one.message) for one in status.conditions}
    assert told[ConditionType.ALIAS_SYNCED] == ("False", "403 Permission denied")
    assert told[ConditionType.READY][0] == "True"
    assert status.stable is not None and status.stable.version == "1"
