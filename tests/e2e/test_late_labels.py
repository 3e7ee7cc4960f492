"""Late labels through a real PostgreSQL: what is posted, joined, matured and forgotten, at a made-up time."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from churn_models.labels.judged_rows import JudgedRow, Treatment
from churn_models.tables.label_store import LabelStore, Question
from support.label_client import EPOCH, LabelClient
from support.label_world import DAY, DELAY, label_world

_DIGEST, _PREVIOUS, _OTHER = ("sha256:" + figure * 64 for figure in "123")


@pytest.fixture
def store(postgresql: str) -> Iterator[LabelStore]:
    store = LabelStore.at(postgresql)
    store.create()
    store.create()  # as a process that is started again does
    yield store
    with psycopg.connect(postgresql) as connection:
        connection.execute("DROP TABLE outcomes, predictions")


@pytest.fixture
def client(store: LabelStore, tmp_path: Path) -> LabelClient:
    return LabelClient(store, tmp_path)


def _at(day: float) -> str:
    return (EPOCH + timedelta(days=day)).isoformat()


def _predict(client: LabelClient, customer: str, day: float, **more: Any) -> None:
    said = {"model": "telco", "identity": customer, "time": _at(day), "digest": _DIGEST, "version": "8", "score": 0.5}
    assert client.post("/v1/predictions", {"predictions": [said | more]})[0] == 200


def _tell(client: LabelClient, customer: str, day: float, label: bool, treated: bool | None = None) -> None:
    said = {"model": "telco", "identity": customer, "time": _at(day), "label": label, "treated": treated}
    assert client.post("/v1/outcomes", {"outcomes": [said]})[0] == 200


def _judged(store: LabelStore, day: float, previous: str | None = _PREVIOUS) -> list[JudgedRow]:
    return store.judged(Question("telco", _DIGEST, previous, DELAY, EPOCH + timedelta(days=day), EPOCH))


@pytest.mark.parametrize(
    ("told", "churned"),
    [
        pytest.param([(30, True)], True, id="left within 60 days"),
        pytest.param([(60, False)], False, id="was still there after 60 days"),
        pytest.param([(59, False)], None, id="was still there before they were over"),
        pytest.param([(61, True)], False, id="left later"),
        pytest.param([(20, False), (40, True)], True, id="was there, then left"),
        pytest.param([(-1, True)], None, id="had left before: a customer who came back"),
        pytest.param([], None, id="nobody knows"),
    ],
)
def test_what_an_outcome_says_of_a_prediction(
    client: LabelClient, store: LabelStore, told: list[tuple[float, bool]], churned: bool | None
) -> None:
    client.now = EPOCH + timedelta(days=200)
    _predict(client, "a", 0)
    for day, label in told:
        _tell(client, "a", day, label)
    assert [row.churned for row in _judged(store, 100)] == ([] if churned is None else [churned])


def test_an_early_loss_waits_for_the_others(client: LabelClient, store: LabelStore) -> None:
    """Else those who left would be counted first, and every young version would look bad."""
    client.now = EPOCH + timedelta(days=200)
    _predict(client, "a", 0)
    _tell(client, "a", 3, True)
    assert not _judged(store, 59.9)
    assert _judged(store, 60)


def test_what_is_said_twice_counts_once_and_the_last_word_counts(client: LabelClient, store: LabelStore) -> None:
    client.now = EPOCH + timedelta(days=200)
    for _ in range(3):
        _predict(client, "a", 0, previous_digest=_PREVIOUS, previous_score=0.25)
        _tell(client, "a", 61, False, treated=True)
    _tell(client, "a", 30, True)
    _tell(client, "a", 30, False)
    (row,) = _judged(store, 100)
    assert (row.churned, row.score, row.previous, row.treatment) == (False, 0.5, 0.25, Treatment.TREATED)


def test_what_was_scored_while_rows_were_broken_says_nothing(client: LabelClient, store: LabelStore) -> None:
    client.now = EPOCH + timedelta(days=200)
    for customer, day in (("a", 1), ("b", 5), ("c", 9)):
        _predict(client, customer, day)
        _tell(client, customer, 90, False)
    unfit = ((EPOCH + timedelta(days=1), EPOCH + timedelta(days=2)), (EPOCH + timedelta(days=8), client.now))
    asked = Question("telco", _DIGEST, None, DELAY, client.now, EPOCH, unfit)
    assert [row.made for row in store.judged(asked)] == [(EPOCH + timedelta(days=5)).timestamp()]
    assert store.new_labels(asked) == 1


def test_other_versions_and_models_are_other_questions(client: LabelClient, store: LabelStore) -> None:
    client.now = EPOCH + timedelta(days=200)
    _predict(client, "a", 0, previous_digest=_OTHER, previous_score=0.25)
    _predict(client, "b", 0, digest=_OTHER)
    _predict(client, "c", 0, model="another")
    for customer in "abc":
        _tell(client, customer, 90, False)
    assert [row.previous for row in _judged(store, 100)] == [None], "scores of a version that was not asked about"
    asked = Question("telco", _DIGEST, None, DELAY, EPOCH + timedelta(days=100), EPOCH - timedelta(days=1))
    assert store.new_labels(asked) == 2


def test_what_is_old_is_forgotten(client: LabelClient, store: LabelStore) -> None:
    client.now = EPOCH + timedelta(days=200)
    _predict(client, "a", 0)
    _tell(client, "a", 90, False)
    assert store.forget_before(EPOCH + timedelta(days=91)) == 2
    assert not _judged(store, 100)


def test_a_world_of_labels_gives_the_report_that_its_rows_give(client: LabelClient) -> None:
    """4,000 customers, a campaign, 60 days of delay: posted as clients post, asked as the operator asks."""
    world = label_world(3, 4_000, campaign=True, control=0.2)
    client.now = EPOCH + timedelta(days=300)
    predictions: list[dict[str, Any]] = []
    outcomes: list[dict[str, Any]] = []
    for place in range(len(world.made)):
        known: dict[str, Any] = {"model": "telco", "identity": f"customer {place}"}
        made, leaves = world.made[place] / DAY, bool(world.leaves[place])
        score, before = float(world.score[place]), float(world.previous[place])
        predictions.append(
            known
            | {"time": _at(made), "digest": _DIGEST, "version": "8", "score": score}
            | {"previous_digest": _PREVIOUS, "previous_score": before}
        )
        treated = {Treatment.TREATED: True, Treatment.LEFT_ALONE: False}.get(Treatment(int(world.treatment[place])))
        outcomes.append(known | {"time": _at(made + (20 if leaves else 61)), "label": leaves, "treated": treated})
    assert client.post("/v1/predictions", {"predictions": predictions})[0] == 200
    assert client.post("/v1/outcomes", {"outcomes": outcomes})[0] == 200
    client.now = EPOCH + timedelta(days=150)
    status, found = client.report("telco", digest=_DIGEST, previous=_PREVIOUS, horizon=DELAY, baseline=0.8)
    assert status == 200
    assert found["labels"] == found["new_labels"] == int(world.matured(150 * DAY).sum())
    assert found["has_control"]
    assert found["auc"]["low"] < found["auc"]["value"] < found["auc"]["high"]
    assert found["paired"] > 1_500
    assert found["log_e_below"] is not None


def test_a_password_is_never_told(tmp_path: Path) -> None:
    client = LabelClient(LabelStore.at("postgresql://churn:hidden@127.0.0.1:1/churn"), tmp_path)
    client.now = EPOCH + timedelta(days=1)
    said = {"model": "telco", "identity": "a", "time": _at(0), "label": True}
    status, answer = client.post("/v1/outcomes", {"outcomes": [said]})
    assert status == 503
    assert "hidden" not in answer["error"]
