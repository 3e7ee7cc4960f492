"""A window's rows are all of them, or a sample of its whole time."""

import numpy as np
from churn_runtimes.drift.window_rows import WindowRows


def _numbered(begin: int, end: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    return np.arange(begin, end, dtype=np.float32).reshape(-1, 1)


def _rows(most: int, seed: int = 0) -> WindowRows:
    return WindowRows(most, 1, np.random.default_rng(seed))


def test_few_rows_are_kept_in_their_order() -> None:
    rows = _rows(10)
    rows.add(_numbered(0, 3))
    rows.add(_numbered(3, 7))
    assert rows.take()[:, 0].tolist() == list(range(7))
    assert rows.seen == 0
    assert len(rows.take()) == 0


def test_of_many_each_is_as_likely() -> None:
    kept = np.zeros(400)
    for seed in range(500):
        rows = _rows(100, seed)
        for begin in range(0, 400, 50):
            rows.add(_numbered(begin, begin + 50))
        assert rows.seen == 400
        taken = rows.take()[:, 0].astype(int)
        assert len(set(taken.tolist())) == 100
        kept[taken] += 1
    # 125 of 500 on average, with a deviation of 9.7.
    assert np.abs(kept.reshape(8, 50).mean(axis=1) - 125).max() < 6
