"""How many different customers some rows are of: no matter how often each came, by which pod, or how alike they are."""

from typing import NamedTuple

import numpy as np
import pytest
from churn_models.drift.row_cells import CELLS, chance_alike, different_rows, row_cells
from churn_models.encoding import Matrix
from support.drift_rows import drift_rows, drift_schema

WIDE, NARROW = drift_schema(numeric=3), drift_schema(numeric=0, categories=(2, 3, 2))


class Case(NamedTuple):
    """Customers who are asked about so often, and how many rows that is worth."""

    rows: Matrix
    least: float
    most: float


def _of(customers: int, times: int | list[int]) -> Matrix:
    return np.repeat(drift_rows(WIDE, customers, seed=customers).matrix, times, axis=0)


CASES = {
    "each once": Case(_of(1_000, 1), 1_000, 1_000),
    "each once, many": Case(_of(50_000, 1), 50_000, 50_000),
    "few rows": Case(_of(300, 1), 300, 300),
    "thirty again and again": Case(_of(30, 40), 25, 45),
    "one and no other": Case(_of(1, 1_000), 1, 1.2),
    "one among many": Case(_of(1_001, [1_000, *[1] * 1_000]), 3, 6),
    "two hundred, each ten times": Case(_of(200, 10), 180, 300),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_rows_that_repeat_are_worth_what_their_customers_are(case: Case) -> None:
    alike = chance_alike(drift_rows(WIDE, 2_000, seed=5).matrix)
    found = different_rows(np.bincount(row_cells(case.rows), minlength=CELLS).tolist(), alike)
    assert found is not None
    assert case.least <= found <= case.most


def test_customers_who_are_often_alike_are_not_taken_for_one() -> None:
    alike = chance_alike(drift_rows(NARROW, 2_000, seed=5).matrix)
    cells = np.bincount(row_cells(drift_rows(NARROW, 1_000, seed=6).matrix), minlength=CELLS).tolist()
    assert alike > 0.05
    assert different_rows(cells, alike) is None


def test_equal_rows_are_in_one_cell_whatever_their_gaps_are_made_of() -> None:
    bits = np.array([0x7FC00000, 0x7FC00001, 0xFFC00000], dtype=np.uint32)
    gaps = bits.view(np.float32).reshape(-1, 1)
    assert len(set(row_cells(gaps).tolist())) == 1
    assert len(set(row_cells(np.array([[0.0], [-0.0]], dtype=np.float32)).tolist())) == 1
    assert len(set(row_cells(np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)).tolist())) == 2


def test_a_sample_of_wider_numbers_falls_into_the_same_cells() -> None:
    rows = _of(20, 1)
    assert row_cells(np.array(rows, dtype=np.float64)).tolist() == row_cells(rows).tolist()


def test_different_rows_fill_the_cells_evenly() -> None:
    counts = np.bincount(row_cells(_of(100_000, 1)), minlength=CELLS)
    assert counts.min() > 300 and counts.max() < 490, "100,000 / 256 is 391"


NOTHING = {"nobody counted": ((), 0.01), "no rows": ((0,) * CELLS, 0.01), "all are alike": ((5, 5), 1.0)}


@pytest.mark.parametrize(("cells", "alike"), NOTHING.values(), ids=NOTHING)
def test_nothing_is_said_where_nothing_is_known(cells: tuple[int, ...], alike: float) -> None:
    assert different_rows(cells, alike) is None


def test_too_small_a_sample_tells_no_chance() -> None:
    assert chance_alike(_of(99, 1)) == 1 / CELLS
