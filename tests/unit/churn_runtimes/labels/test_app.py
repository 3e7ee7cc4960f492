"""What the labels' process takes, refuses and keeps, beside a store that only remembers."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from churn_models.errors import DataUnavailable
from churn_models.identity_key import identity_hash
from churn_models.labels.judged_rows import JudgedRow
from churn_models.labels.spoken import LARGEST_BATCH, Outcome, Prediction
from churn_models.tables.label_store import Question
from support.label_client import PREDICTIONS_TOKEN, LabelClient

_DIGEST = "sha256:" + "1" * 64
_TIME = "2025-12-01T00:00:00Z"
_OUTCOME = {"model": "telco", "identity": "7590-VHVEG", "label": True, "time": _TIME}
_PREDICTION = {"model": "telco", "identity": "1", "time": _TIME, "digest": _DIGEST, "version": "8", "score": 0.7}


class _Store:
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.predictions: list[Prediction] = []
        self.is_away = False

    def write_outcomes(self, outcomes: tuple[Outcome, ...]) -> None:
        if self.is_away:
            raise DataUnavailable("postgresql://db/churn/outcomes cannot be written: connection refused")
        self.outcomes += outcomes

    def write_predictions(self, predictions: tuple[Prediction, ...]) -> None:
        self.predictions += predictions

    def judged(self, question: Question) -> list[JudgedRow]:
        self.asked = question
        return []

    def new_labels(self, question: Question) -> int:
        return 0


@pytest.fixture
def store() -> _Store:
    return _Store()


@pytest.fixture
def client(store: _Store, tmp_path: Path) -> LabelClient:
    return LabelClient(store, tmp_path, sample=0.25)


def test_an_identity_is_hashed_before_it_is_kept(client: LabelClient, store: _Store) -> None:
    known = _OUTCOME | {"identity": None, "identity_hash": identity_hash("7590-VHVEG"), "treated": False}
    assert client.post("/v1/outcomes", {"outcomes": [_OUTCOME, known]}) == (200, {"taken": 2})
    assert store.outcomes[0].hashed == store.outcomes[1].hashed == identity_hash("7590-VHVEG")


def test_the_same_number_is_the_same_customer_however_it_is_written() -> None:
    assert identity_hash("7") == identity_hash("7.0") == identity_hash("007") != identity_hash("8")


class _Refused(NamedTuple):
    body: Any
    status: int
    words: str
    token: str | None = "a-token"


def _outcomes(**changed: Any) -> dict[str, Any]:
    return {"outcomes": [_OUTCOME | changed]}


_REFUSED = {
    "no token": _Refused(_outcomes(), 401, "bearer", None),
    "another token": _Refused(_outcomes(), 401, "bearer", "a-toke"),
    "no JSON": _Refused(b"{", 400, "JSON"),
    "no batch": _Refused({"outcomes": []}, 400, "outcomes"),
    "too many": _Refused({"outcomes": [_OUTCOME] * (LARGEST_BATCH + 1)}, 400, "outcomes"),
    "too large": _Refused(b" " * (2 << 20) + b"{}", 413, "several"),
    "a field that nobody knows": _Refused(_outcomes(lable=True), 400, "lable"),
    "a name that PostgreSQL cannot keep": _Refused(_outcomes(model="tel\0co"), 400, "model"),
    "no customer": _Refused(_outcomes(identity=None), 400, "either identity or identity_hash"),
    "no hash": _Refused(_outcomes(identity=None, identity_hash="x"), 400, "identity_hash"),
    "a time without a zone": _Refused(_outcomes(time="2025-12-01T00:00:00"), 400, "time"),
    "tomorrow": _Refused(_outcomes(time="2026-01-02T00:00:00Z"), 400, "future"),
}


@pytest.mark.parametrize("name", _REFUSED)
def test_what_is_refused(client: LabelClient, store: _Store, name: str) -> None:
    case = _REFUSED[name]
    status, answer = client.post("/v1/outcomes", case.body, case.token)
    assert status == case.status
    assert case.words in answer["error"]
    assert not store.outcomes


def test_the_token_of_serving_pods_writes_predictions_and_no_outcomes(client: LabelClient, store: _Store) -> None:
    assert client.post("/v1/predictions", {"predictions": [_PREDICTION]}, PREDICTIONS_TOKEN)[0] == 200
    assert client.post("/v1/outcomes", {"outcomes": [_OUTCOME]}, PREDICTIONS_TOKEN)[0] == 401
    assert not store.outcomes


def test_a_batch_of_the_largest_size_is_taken(client: LabelClient) -> None:
    batch = [_OUTCOME | {"identity": f"customer-{number:06}", "treated": False} for number in range(LARGEST_BATCH)]
    assert client.post("/v1/outcomes", {"outcomes": batch}) == (200, {"taken": LARGEST_BATCH})


def test_a_database_that_is_away_is_worth_another_attempt(client: LabelClient, store: _Store) -> None:
    store.is_away = True
    status, answer = client.post("/v1/outcomes", _outcomes())
    assert status == 503
    assert "connection refused" in answer["error"]


def test_predictions_are_kept_of_a_share_of_the_customers(client: LabelClient, store: _Store) -> None:
    batch = [_PREDICTION | {"identity": str(number // 2)} for number in range(4_000)]
    status, answer = client.post("/v1/predictions", {"predictions": batch})
    assert status == 200
    assert answer["taken"] == len(store.predictions) == pytest.approx(1_000, abs=100)
    assert answer["taken"] + answer["left_out"] == 4_000
    assert len({one.hashed for one in store.predictions}) * 2 == len(store.predictions), "both of a customer, or none"


@pytest.mark.parametrize(
    "changed",
    [{"score": 1.1}, {"score": float("nan")}, {"digest": "sha256:1"}, {"previous_score": 0.5}, {"version": "7\0"}],
    ids=["above 1", "no number", "no digest", "a previous score of nobody", "a version that PostgreSQL cannot keep"],
)
def test_predictions_that_nobody_can_have_made(client: LabelClient, changed: dict[str, Any]) -> None:
    status, _ = client.post("/v1/predictions", json.dumps({"predictions": [_PREDICTION | changed]}).encode())
    assert status == 400


@pytest.mark.parametrize(
    "query",
    [{}, {"digest": _DIGEST}, {"digest": _DIGEST, "horizon": -1}, {"digest": _DIGEST, "horizon": 1, "baseline": 1.2}],
)
def test_a_question_that_cannot_be_answered(client: LabelClient, query: dict[str, Any]) -> None:
    status, answer = client.report("telco", **query)
    assert status == 400
    assert answer["error"]


def test_a_version_that_nobody_has_labels_of(client: LabelClient) -> None:
    status, answer = client.report("telco", digest=_DIGEST, horizon=5_184_000)
    assert status == 200
    assert (answer["labels"], answer["auc"]) == (0, None)


def test_a_report_leaves_out_what_was_scored_while_rows_were_broken(client: LabelClient, store: _Store) -> None:
    spans = "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z,2026-02-01T00:00:00+01:00/2026-02-03T00:00:00Z"
    assert client.report("telco", digest=_DIGEST, horizon=1.0, unfit=spans)[0] == 200
    assert [(last - first).total_seconds() / 3600 for first, last in store.asked.unfit] == [24, 49]
    for wrong in ("2026-01-01T00:00:00Z", "soon/later", "2026-01-01/2026-01-02/2026-01-03"):
        assert client.report("telco", digest=_DIGEST, horizon=1.0, unfit=wrong)[0] == 400
