"""Nobody proves who was searched on, nobody who judges does either, and time goes forward."""

import numpy as np
import pytest
from churn_models.errors import DataInvalid
from churn_models.feature_schema import FeatureSchema
from churn_training.search.proof_rows import part
from churn_training.split import split
from churn_training.synthetic import synthesize
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from numpy.typing import NDArray

HOLDOUT = 0.2
HOUR = 3600


def _data(rows: int = 600, /, **around: str) -> TrainingData:
    target = {"name": "churn", "positive": "yes", "negative": "no"}
    schema = FeatureSchema.model_validate(
        {"target": target, "features": [{"kind": "numeric", "name": "months"}]} | around
    )
    return TrainingData.from_table(schema, validate(schema, synthesize(schema, rows, seed=1).raw))


@pytest.mark.parametrize(
    ("around", "folds", "ratio"),
    [
        # A fifth is scored and four fifths are fitted, of the rows that prove.
        pytest.param({"identity": "id"}, 10, 0.25, id="by identity"),
        pytest.param({}, 10, 0.25, id="by content"),
        # A twentieth, scored once, to the four fifths before it.
        pytest.param({"identity": "id", "time": "seen", "label_delay": "24h"}, 5, 0.07, id="by time"),
    ],
)
def test_rows_that_prove_were_neither_searched_on_nor_fitted_nor_judge(
    around: dict[str, str], folds: int, ratio: float
) -> None:
    data = _data(**around)
    judged = split(data, HOLDOUT)
    parts = part(data.rows(judged.train), HOLDOUT, seed=0)
    searched, rows = set(parts.search.data.keys.tolist()), parts.proof.data.keys
    assert not searched & set(data.keys[judged.holdout].tolist())
    assert len(parts.proof.folds) == folds
    proved = np.concatenate([left_out for _, left_out in parts.proof.folds])
    assert not searched & set(rows[proved].tolist())
    assert 0.15 < len(set(proved.tolist())) / len(rows) < 0.45
    for fitted, left_out in parts.proof.folds:
        assert not set(rows[fitted].tolist()) & set(rows[left_out].tolist())
        assert searched <= set(rows[fitted].tolist())
    assert parts.test_to_train == pytest.approx(ratio, abs=0.02)
    assert parts.proving == len(set(proved.tolist()))


def test_by_time_every_proof_is_later_than_what_was_known_to_its_fit() -> None:
    data = _data(identity="id", time="seen", label_delay="24h")
    parts = part(data.rows(split(data, HOLDOUT).train), HOLDOUT, seed=0)
    times = parts.proof.data.times
    assert times is not None and parts.search.data.times is not None
    for fitted, left_out in parts.proof.folds:
        assert times[fitted].max() <= times[left_out].min() - 24 * HOUR
        assert parts.search.data.times.max() <= times[left_out].min() - 24 * HOUR


def test_without_time_each_row_is_proved_once_in_each_repeat() -> None:
    data = _data(identity="id")
    parts = part(data.rows(split(data, HOLDOUT).train), HOLDOUT, seed=0)
    counts = np.bincount(np.concatenate([left_out for _, left_out in parts.proof.folds]))
    assert set(counts.tolist()) == {0, 2}


def test_the_same_customers_prove_in_grown_data() -> None:
    data = _data(900, identity="id")
    proving = []
    for rows in (600, 900):
        some = data.rows(np.arange(rows))
        parts = part(some.rows(split(some, HOLDOUT).train), HOLDOUT, seed=0)
        proving.append(set(parts.proof.data.keys.tolist()) - set(parts.search.data.keys.tolist()))
    assert proving[0] < proving[1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(np.arange(8), r"rows to fit on are only \d different ones", id="few"),
        pytest.param(None, "too few to prove", id="of one class"),
    ],
)
def test_too_few_rows_are_told(rows: NDArray[np.int64] | None, message: str) -> None:
    data = _data(80, identity="id")
    with pytest.raises(DataInvalid, match=message):
        part(data.rows(np.flatnonzero(data.target == 0) if rows is None else rows), HOLDOUT, seed=0)
