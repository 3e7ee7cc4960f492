"""Encoded rows to counts: each figure as a plain loop would count it, in whatever batches the rows come."""

import math
from bisect import bisect_left
from itertools import pairwise

import numpy as np
import pytest
from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.counts import Counts
from churn_models.drift.numeric_counts import NumericCounts
from churn_models.drift.row_counter import RowCounter
from churn_models.reference import NumericReference
from support.drift_rows import Rows, drift_reference, drift_rows, drift_schema

SCHEMA = drift_schema()
REFERENCE = drift_reference(SCHEMA, drift_rows(SCHEMA, 2000, seed=1))
ROWS = drift_rows(SCHEMA, 700, seed=2, missing=0.1, shift=1.0)


def _counted(rows: Rows, batch: int) -> Counts:
    counter = RowCounter(SCHEMA, REFERENCE)
    for begin in range(0, len(rows.matrix), batch):
        part = slice(begin, begin + batch)
        counter.add(rows.matrix[part], {}, rows.scores[part])
    return counter.counts()


def _numeric(counts: Counts, name: str) -> NumericCounts:
    found = counts.features[name]
    assert isinstance(found, NumericCounts)
    return found


def test_numbers_are_counted_as_a_loop_would() -> None:
    found, reference = _numeric(_counted(ROWS, 700), "n1"), REFERENCE.features["n1"]
    assert isinstance(reference, NumericReference)
    assert reference.low is not None
    assert reference.high is not None
    column = ROWS.matrix[:, 1].tolist()
    known = [value for value in column if not math.isnan(value)]
    bins = [0] * (len(reference.histogram.edges) + 1)
    for value in known:
        bins[bisect_left(reference.histogram.edges, value)] += 1
    assert list(found.bins) == bins
    assert found.missing == len(column) - len(known) > 0
    assert found.outside == sum(not reference.low <= value <= reference.high for value in known) > 0
    assert found.repeats == sum(first == second for first, second in pairwise(column)) > 0
    assert found.sum == pytest.approx(sum(known))
    assert sum(found.magnitudes.values()) == found.known


def test_categories_missing_and_unseen_are_told_apart() -> None:
    counter = RowCounter(SCHEMA, REFERENCE)
    matrix = np.array([[1, 1, 0], [1, 1, 2], [1, 1, np.nan], [1, 1, np.nan]], dtype=np.float32)
    counter.add(matrix, {"c0": 1}, np.full(4, 0.5))
    assert counter.counts().features["c0"] == CategoricalCounts(counts=(1, 0, 1), missing=1, unseen=1)


def test_scores_are_counted_with_what_they_promise() -> None:
    counter = RowCounter(SCHEMA, REFERENCE)
    counter.add(ROWS.matrix[:5], {}, np.array([0.0, 0.5, 1.0, np.nan, 1.5]))
    scores = counter.counts().scores
    assert (sum(scores.bins), scores.missing) == (3, 2)
    assert sum(scores.calibrated_sums) == pytest.approx(0.0 + 0.4 + 1.0)


@pytest.mark.parametrize("batch", [1, 7, 256])
def test_batches_make_no_difference(batch: int) -> None:
    whole, parts = _counted(ROWS, 700), _counted(ROWS, batch)
    assert _without_sums(parts) == _without_sums(whole)
    for name in ("n0", "n1"):
        assert _numeric(parts, name).sum == pytest.approx(_numeric(whole, name).sum)


def test_no_rows_are_nothing() -> None:
    counter = RowCounter(SCHEMA, REFERENCE)
    counter.add(ROWS.matrix[:0], {}, ROWS.scores[:0])
    assert counter.counts().rows == 0


def _without_sums(counts: Counts) -> Counts:
    features = {
        name: one.model_copy(update={"sum": 0.0}) if isinstance(one, NumericCounts) else one
        for name, one in counts.features.items()
    }
    sums = (0.0,) * len(counts.scores.bins)
    scores = counts.scores.model_copy(update={"calibrated_sums": sums})
    return Counts(rows=counts.rows, features=features, scores=scores)


@pytest.mark.parametrize("batch", [1, 64, 700])
def test_a_category_is_counted_beside_its_partner(batch: int) -> None:
    schema = drift_schema(1, (3, 4))
    rows = drift_rows(schema, 700, seed=3, missing=0.1)
    reference = drift_reference(schema, rows)
    told = {"partner": "c1", "joint": ((0,) * 4,) * 3}
    features = reference.features | {"c0": reference.features["c0"].model_copy(update=told)}
    counter = RowCounter(schema, reference.model_copy(update={"features": features}))
    for begin in range(0, 700, batch):
        counter.add(rows.matrix[begin : begin + batch], {}, rows.scores[begin : begin + batch])
    found, without = (counter.counts().features[name] for name in ("c0", "c1"))
    assert isinstance(found, CategoricalCounts)
    assert isinstance(without, CategoricalCounts)
    pairs = [tuple(pair) for pair in rows.matrix[:, 1:].tolist() if not any(map(math.isnan, pair))]
    assert list(found.joint) == [pairs.count((i, j)) for i in range(3) for j in range(4)]
    assert found.plus(found).since(found) == found
    assert without.joint == ()
