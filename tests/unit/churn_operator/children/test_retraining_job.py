"""The Job that evidence asks for: by spec.training, once for each evidence, without rows of a broken feed."""

from dataclasses import replace
from typing import Any

from churn_operator.api.manifest import Manifest
from churn_operator.audit.loop import Occasion, Retraining
from churn_operator.children.build_children import build_children
from churn_operator.decide.occasion import SCHEDULE
from churn_operator.decide.plan import Plan
from churn_operator.installation import Installation
from churn_operator.settings import Settings
from support.observations import NOW, model

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
SPEC: dict[str, Any] = {"training": {"dataset": "postgresql://db/churn/telco", "ensemble": "telco", "deadline": "2h"}}
INPUT = Retraining(Occasion("retrain-0123456789", "Input", "sha256:1"), NOW)


def _job(
    retraining: Retraining = INPUT, unfit: tuple[tuple[str, str], ...] = (), settings: Settings = SETTINGS
) -> Manifest:
    built = build_children(model(SPEC), Plan(retraining=retraining, unfit=unfit), settings)
    return next(child for child in built if child["kind"] == "Job")


def _asked_by(job: Manifest) -> str:
    variables = job["spec"]["template"]["spec"]["containers"][0]["env"]
    return next(str(one["value"]) for one in variables if one["name"] == "CHURN_ASKED_BY")


def test_it_has_a_name_a_deadline_and_an_end() -> None:
    job = _job()
    assert job["metadata"]["name"] == "telco-retrain-0123456789"
    spec = job["spec"]
    assert (spec["activeDeadlineSeconds"], spec["ttlSecondsAfterFinished"], spec["backoffLimit"]) == (7200, 604800, 1)


def test_it_must_be_better_than_the_champion_whoever_asks() -> None:
    due = replace(INPUT, occasion=replace(INPUT.occasion, signal=SCHEDULE))
    assert [_asked_by(_job()), _asked_by(_job(due))] == ["drift", "schedule"]


def test_rows_of_a_broken_feed_are_left_out() -> None:
    spans = (("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"), ("2026-11-05T00:00:00Z", "2026-11-06T00:00:00Z"))
    arguments = _job(unfit=spans)["spec"]["template"]["spec"]["containers"][0]["args"]
    assert arguments[-4:] == [
        "--not-from",
        "2026-11-01T00:00:00Z..2026-11-02T00:00:00Z",
        "--not-from",
        "2026-11-05T00:00:00Z..2026-11-06T00:00:00Z",
    ]


def test_it_may_wait_where_the_installation_says_so() -> None:
    assert "priorityClassName" not in _job()["spec"]["template"]["spec"]
    low = replace(SETTINGS, installation=Installation(retraining_priority="low"))
    assert _job(settings=low)["spec"]["template"]["spec"]["priorityClassName"] == "low"


def test_nobody_can_train_without_a_word_on_how() -> None:
    assert not [one for one in build_children(model(), Plan(retraining=INPUT), SETTINGS) if one["kind"] == "Job"]
