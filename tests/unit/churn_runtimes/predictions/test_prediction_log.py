"""Of which requests a prediction is kept, and what it says; nothing of it reaches the one who asks."""

from typing import NamedTuple

import numpy as np
import pytest
from churn_models.identity_key import identity_hash
from churn_models.labels.spoken import Predictions
from churn_runtimes.predictions import prediction_log
from churn_runtimes.predictions.posting import Posting
from churn_runtimes.predictions.prediction_log import Other, PredictionLog, Version
from support.predictions import counted, posting

OWN, OTHER = Version("sha256:" + "1" * 64, "7"), Version("sha256:" + "2" * 64, "8")


@pytest.fixture
def log() -> PredictionLog:
    return PredictionLog(posting(), OWN)


def _drops(log: PredictionLog, customer: str | None, *scores: float) -> dict[str, float]:
    before = counted()
    log.offer(customer, np.array(scores))
    return {reason: count - before[reason] for reason, count in counted().items() if count != before[reason]}


class _Case(NamedTuple):
    other: Other | None
    others: float | None
    kept: list[tuple[Version, float, Version | None, float | None]]


_CANDIDATE, _PREVIOUS = Other(OTHER, is_previous=False), Other(OTHER, is_previous=True)
_CASES = {
    "nothing is tried": _Case(None, None, [(OWN, 0.25, None, None)]),
    "a candidate that did not score": _Case(_CANDIDATE, None, [(OWN, 0.25, None, None)]),
    "a candidate: it is the newer one": _Case(_CANDIDATE, 0.5, [(OTHER, 0.5, OWN, 0.25), (OWN, 0.25, None, None)]),
    "in probation the own one is": _Case(_PREVIOUS, 0.5, [(OWN, 0.25, OTHER, 0.5), (OTHER, 0.5, None, None)]),
    "a mean's rounding": _Case(_PREVIOUS, 1 + 2e-16, [(OWN, 0.25, OTHER, 1.0), (OTHER, 1.0, None, None)]),
    "a previous one without a score": _Case(_PREVIOUS, np.nan, [(OWN, 0.25, None, None)]),
}


@pytest.mark.parametrize("name", _CASES)
def test_every_version_that_has_scored_a_customer_is_kept_with_the_one_before_it(log: PredictionLog, name: str) -> None:
    case = _CASES[name]
    log.offer("7590-VHVEG", np.array([0.25]), case.other, None if case.others is None else np.array([case.others]))
    kept = log.take(10)
    assert [(one.by, one.score, one.previous, one.previous_score) for one in kept] == case.kept
    assert {one.hashed for one in kept} == {identity_hash("7590-VHVEG")}


@pytest.mark.parametrize("name", _CASES)
def test_the_labels_process_understands_what_is_said(log: PredictionLog, name: str) -> None:
    case = _CASES[name]
    log.offer("1", np.array([0.25]), case.other, None if case.others is None else np.array([case.others]))
    said = [one.said("telco") for one in log.take(10)]
    found = Predictions.model_validate({"predictions": said}).predictions
    assert [(one.digest, one.version, one.score) for one in found] == [(*by, score) for by, score, *_ in case.kept]
    assert {one.model for one in found} == {"telco"}


def test_customers_are_sampled_by_their_hash_as_the_labels_process_samples_them() -> None:
    log = PredictionLog(posting(sample=0.1), OWN)
    for number in range(5_000):
        log.offer(str(number), np.array([0.5]))
        log.offer(str(number), np.array([0.5]))
    kept = [one.hashed for one in log.take(10_000)]
    assert len(kept) == pytest.approx(1_000, abs=100)
    assert all(int(hashed, 16) < 0.1 * 2**64 for hashed in kept)
    assert len(set(kept)) * 2 == len(kept), "all requests of a customer, or none"


@pytest.mark.parametrize(
    ("header", "identity"),
    [("7", "7.0"), ("Zoë".encode().decode("latin-1"), "Zoë"), ("Zoë", "Zoë"), ("Ωmega", "Ωmega")],
    ids=["a number", "a header's bytes", "Latin-1 in a header, or a parameter", "a parameter"],
)
def test_a_customer_is_the_same_however_a_request_is_written(log: PredictionLog, header: str, identity: str) -> None:
    log.offer(header, np.array([0.5]))
    assert [one.hashed for one in log.take(1)] == [identity_hash(identity)]


class _Lost(NamedTuple):
    customer: str | None
    scores: tuple[float, ...]
    dropped: dict[str, float]


_LOST = {
    "no customer": _Lost(None, (0.5,), {}),
    "an empty name": _Lost("", (0.5,), {}),
    "several rows of one customer": _Lost("1", (0.5, 0.5), {"many_rows": 1}),
    "no number": _Lost("1", (np.nan,), {"no_score": 1}),
    "no chance": _Lost("1", (1.5,), {"no_score": 1}),
    "a name that is no text": _Lost("\ud800", (0.5,), {"failed": 1}),
}


@pytest.mark.parametrize("name", _LOST)
def test_what_is_not_kept(log: PredictionLog, name: str) -> None:
    case = _LOST[name]
    assert _drops(log, case.customer, *case.scores) == case.dropped
    assert not log.take(10)


def test_a_full_queue_drops(log: PredictionLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_log, "CAPACITY", 2)
    assert [_drops(log, "1", score) for score in (0.1, 0.2, 0.3)] == [{}, {}, {"queue_full": 1}]
    assert [one.score for one in log.take(10)] == [0.1, 0.2]


def test_a_version_of_a_folder_has_a_name_all_the_same() -> None:
    log = PredictionLog(Posting("http://labels", posting().token_file, 1.0, "customer", "telco"), Version("d", ""))
    log.offer("1", np.array([0.5]))
    assert log.take(1)[0].said("telco")["version"] == "unknown"
