"""What MLflow's page of a version is told: how its rollout ended, and nothing else."""

from dataclasses import replace

import pytest
from churn_operator.api.status import ChurnModelStatus
from churn_operator.audit.entry import Deed, Entry, Kind, Result
from churn_operator.audit.memory import Memory, Told
from churn_operator.decide.outcome_tag import outcome_tag
from churn_operator.observe.record import Record
from support.observations import BEFORE, model, observed, revision, served

MEMORY = Memory(
    history=(Told(BEFORE, "Promoted", "2", "every pod serves it"), Told(BEFORE, "Rejected", "3", "x" * 2000))
)
SEEN = observed(memory=MEMORY)


def _outcome(deed: Deed, version: str, result: Result = Result.APPLIED) -> Entry:
    return Entry(Kind.OUTCOME, deed, str(deed), version, "", of=1, result=result)


@pytest.mark.parametrize(
    ("outcome", "value"),
    [
        pytest.param(
            _outcome(Deed.PROMOTED, "2"),
            f"Promoted {BEFORE} by ChurnModel churn/telco: every pod serves it",
            id="promoted",
        ),
        pytest.param(_outcome(Deed.PROMOTED, "2", Result.FAILED), None, id="not yet"),
        pytest.param(_outcome(Deed.CHAMPION_SET, "2"), None, id="about no version's end"),
        pytest.param(_outcome(Deed.ROLLED_BACK, "1"), None, id="about the version that comes back"),
    ],
)
def test_the_value(outcome: Entry, value: str | None) -> None:
    assert outcome_tag(SEEN, outcome) == value


def test_a_long_reason_is_cut_and_a_forgotten_one_left_out() -> None:
    assert len(outcome_tag(SEEN, _outcome(Deed.REJECTED, "3")) or "") == 1000
    assert outcome_tag(SEEN, _outcome(Deed.REJECTED, "9")) == f"Rejected {SEEN.now} by ChurnModel churn/telco"


@pytest.mark.parametrize(
    ("stable", "of", "is_told"),
    [
        pytest.param("2", revision("2", "serving:2"), False, id="a bad image of the version that serves"),
        pytest.param("2", revision("2"), True, id="the version that serves is rolled back"),
        pytest.param("1", revision("2"), True, id="another version"),
    ],
)
def test_what_becomes_of_an_image_is_no_word_on_the_version(stable: str, of: Record, is_told: bool) -> None:
    seen = replace(SEEN, model=model(status=ChurnModelStatus(stable=served(stable))))
    outcome = replace(_outcome(Deed.REJECTED, "2"), revision=of.identifier)
    assert (outcome_tag(seen, outcome) is not None) is is_told
