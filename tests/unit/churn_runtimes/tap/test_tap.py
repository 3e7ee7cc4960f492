"""Requests leave their rows and go on: a full queue drops, a long request gives a few rows, nothing raises."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from churn_models.encoding import Encoded
from churn_runtimes.tap.reason import Reason
from churn_runtimes.tap.tap import ROWS_PER_REQUEST, Tap

NAMES = ("age", "plan")


def _request(rows: int) -> tuple[Encoded, np.ndarray[Any, np.dtype[np.float64]]]:
    numbers = np.arange(rows)
    matrix = np.stack([numbers, numbers], axis=1).astype(np.float32)
    return Encoded(matrix, {}), numbers.astype(np.float64)


@pytest.mark.parametrize("rows", [1, 2, ROWS_PER_REQUEST])
def test_a_short_request_is_taken_whole(rows: int) -> None:
    tap = Tap(NAMES)
    encoded, scores = _request(rows)
    tap.offer(encoded, scores)
    (taken,) = tap.take(100)
    assert np.array_equal(taken.matrix, encoded.matrix)
    assert np.array_equal(taken.scores, scores)


@pytest.mark.parametrize("rows", [9, 15, 16, 64, 71, 1000])
def test_of_a_long_one_every_place_is_taken_in_its_turn(rows: int) -> None:
    tap = Tap(NAMES)
    encoded, scores = _request(rows)
    for _ in range(2 * (rows // ROWS_PER_REQUEST)):
        tap.offer(encoded, scores)
    taken = tap.take(rows * ROWS_PER_REQUEST)
    assert {len(one.scores) for one in taken} == {ROWS_PER_REQUEST}
    assert all(np.array_equal(one.matrix[:, 0], one.scores) for one in taken)
    places = Counter(int(score) for one in taken for score in one.scores)
    assert sorted(places) == list(range(rows))
    assert set(places.values()) <= {1, 2}


def test_it_holds_no_more_of_a_long_request_than_it_takes() -> None:
    tap = Tap(NAMES)
    tap.offer(*_request(1000))
    (taken,) = tap.take(100)
    assert taken.matrix.base is None


def test_unseen_categories_are_shared_out_as_they_come_among_the_rows_without_one() -> None:
    tap = Tap(NAMES)
    matrix = np.zeros((80, 2), dtype=np.float32)
    matrix[::2, 1] = np.nan  # 40 rows without a plan, 30 of them unseen
    tap.offer(Encoded(matrix, {"plan": 30}), np.zeros(80))
    (taken,) = tap.take(100)
    absent = int(np.isnan(taken.matrix[:, 1]).sum())
    assert absent
    assert taken.unseen == {"plan": round(30 * absent / 40)}


def test_a_full_queue_drops_and_counts() -> None:
    tap = Tap(NAMES)
    for _ in range(5000):
        tap.offer(*_request(2))
    kept = sum(len(one.scores) for one in tap.take(100_000))
    assert tap.lost.read() == {Reason.QUEUE_FULL: 10_000 - kept}
    assert kept == 2 * 4096


def test_rows_of_many_features_are_bounded_in_bytes() -> None:
    names = [str(place) for place in range(2000)]
    tap = Tap(names)
    row = Encoded(np.zeros((8, 2000), dtype=np.float32), {})
    for _ in range(5000):
        tap.offer(row, np.zeros(8))
    assert sum(one.matrix.nbytes for one in tap.take(100_000)) <= 4 << 20


def test_whatever_goes_wrong_the_request_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    tap = Tap(NAMES)
    tap.offer(Encoded(np.zeros((9, 2), dtype=np.float32), {"no such feature": 1}), np.zeros(9))
    assert tap.lost.read() == {Reason.TAP_FAILED: 1}
    assert "not offered" in caplog.text


def test_what_was_told_is_forgotten_and_no_more() -> None:
    lost = Tap(NAMES).lost
    lost.add(Reason.NO_SIDECAR, 5)
    told = lost.read()
    lost.add(Reason.NO_SIDECAR, 2)
    lost.add(Reason.SIDECAR_SLOW, 1)
    lost.were_told(told)
    assert lost.read() == {Reason.NO_SIDECAR: 2, Reason.SIDECAR_SLOW: 1}
