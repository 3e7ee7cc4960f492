"""What conditions and columns say of evidence: what nobody knows is Unknown, and never healthy."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from churn_operator.api.status import ChurnModelStatus, ConditionType
from churn_operator.audit.loop import LoopMemory
from churn_operator.audit.memory import Memory
from churn_operator.decide.drift.unwatched import unwatched
from churn_operator.decide.observed import Observed
from support.loop_evidence import FAIL, UNKNOWN, drift, labels
from support.observations import DIGESTS, deployed, model, observed, served, status_of

WATCHED: dict[str, Any] = {"drift": {}}


class Case(NamedTuple):
    """Status and reason of FeedHealthy, ModelHealthy and LabelsFresh, and the word of the column."""

    seen: dict[str, Any]
    feed: str
    model: str
    labels: str
    health: str | None
    spec: dict[str, Any] = WATCHED


CASES = {
    "nobody looks": Case({}, "Unknown NotWatched", "Unknown NotWatched", "Unknown NotWatched", None, {}),
    "nothing was heard": Case({}, "Unknown NotHeard", "Unknown NotHeard", "Unknown NotWatched", "Unknown"),
    "all is well": Case({"drift": drift()}, "True FeedGood", "True NoHarm", "Unknown NotWatched", "Healthy"),
    "too few rows": Case(
        {"drift": drift(feed=UNKNOWN, estimate=UNKNOWN)},
        "Unknown TooLittle",
        "Unknown TooLittle",
        "Unknown NotWatched",
        "Unknown",
    ),
    "no sidecar answers": Case(
        {"drift": unwatched("r1", DIGESTS["1"], "no drift sidecar has answered yet", "")},
        "Unknown NotHeard",
        "Unknown NotHeard",
        "Unknown NotWatched",
        "Unknown",
    ),
    "of another version": Case(
        {"drift": drift("2", feed=FAIL)}, "Unknown NotHeard", "Unknown NotHeard", "Unknown NotWatched", "Unknown"
    ),
    "a broken feed": Case(
        {"drift": drift(feed=FAIL)}, "False FeedBroken", "True NoHarm", "Unknown NotWatched", "FeedBroken"
    ),
    "drift is no harm": Case(
        {"drift": drift(input=FAIL)}, "True FeedGood", "True InputDrifted", "Unknown NotWatched", "InputDrifted"
    ),
    "harm by estimate": Case(
        {"drift": drift(estimate=FAIL)}, "True FeedGood", "False EstimatedHarm", "Unknown NotWatched", "EstimatedHarm"
    ),
    "labels go before estimates": Case(
        {"drift": drift(estimate=FAIL), "labels": labels(below=FAIL)},
        "True FeedGood",
        "False LabelsBelowBaseline",
        "True LabelsCome",
        "LabelsBelowBaseline",
    ),
    "worse than the version before": Case(
        {"drift": drift(), "labels": labels(worse=FAIL, below=FAIL, fresh=FAIL)},
        "True FeedGood",
        "False LabelsWorse",
        "False LabelsOld",
        "LabelsWorse",
    ),
    "labels without a sidecar": Case(
        {"labels": labels(fresh=UNKNOWN)}, "Unknown NotWatched", "True NoHarm", "Unknown TooLittle", "Unknown", {}
    ),
    "two challengers were rejected": Case(
        {"drift": drift(), "memory": Memory(loop=LoopMemory(challengers_rejected=2))},
        "True FeedGood",
        "False ChallengersRejected",
        "Unknown NotWatched",
        "ChallengersRejected",
    ),
}


def _seen(case: Case) -> Observed:
    status = ChurnModelStatus(stable=served("1"))
    return observed(model=model(case.spec, status), deployed=deployed("1"), **case.seen)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_known_is_told_and_nothing_else(case: Case) -> None:
    status = status_of(_seen(case))
    told = {one.type: f"{one.status} {one.reason}" for one in status.conditions}
    kinds = (ConditionType.FEED_HEALTHY, ConditionType.MODEL_HEALTHY, ConditionType.LABELS_FRESH)
    assert [told[kind] for kind in kinds] == [case.feed, case.model, case.labels]
    assert (status.loop.health if status.loop else None) == case.health


def test_silent_sidecars_are_told_beside_what_the_others_say() -> None:
    silent = replace(drift(), silent_pods=("telco-2", "telco-3", "telco-4", "telco-5"))
    status = status_of(_seen(Case({"drift": silent}, "", "", "", "")))
    feed = next(one for one in status.conditions if one.type == ConditionType.FEED_HEALTHY)
    assert feed.status == "True"
    assert "rows are missing: telco-2, telco-3, telco-4 and others" in feed.message
    assert status.loop is not None
    assert status.loop.silent == ["telco-2", "telco-3", "telco-4", "telco-5"]


def test_a_status_of_an_operator_before_stays_as_it_is_where_all_are_heard() -> None:
    status = status_of(_seen(Case({"drift": drift()}, "", "", "", "")))
    assert status.loop is not None
    assert "silent" not in status.loop.model_dump(exclude_none=True)


@pytest.mark.parametrize(("age", "told"), [(None, "none"), (3600.0, "0d old"), (31.5 * 86400, "31d old")])
def test_the_age_of_labels_is_told_in_days(age: float | None, told: str) -> None:
    seen = _seen(Case({"labels": labels(age=age)}, "", "", "", ""))
    status = status_of(seen)
    assert status.loop is not None
    assert status.loop.labels == told
