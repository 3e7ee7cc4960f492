"""What a search may begin, by a clock that the test moves."""

import math

import pytest
from churn_training.search.search_time import Ending, OutOfTime, SearchTime


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 500.0

    def __call__(self) -> float:
        """The seconds that it shows."""
        return self.now


def _fit(time: SearchTime, clock: Clock, rows: int, seconds: float) -> None:
    with time.fit(rows):
        clock.now += seconds


def test_without_an_end_everything_may_begin() -> None:
    clock = Clock()
    time = SearchTime(None, clock)
    _fit(time, clock, 100, 1e6)
    with time.part(Ending(1000, 1000, 0.5)):
        assert time.left == math.inf
        _fit(time, clock, 100, 1.0)
    assert time.passed == pytest.approx(1e6 + 1)


def test_no_fit_begins_when_the_time_is_over_and_one_under_way_is_finished() -> None:
    clock = Clock()
    time = SearchTime(60, clock)
    _fit(time, clock, 100, 59.0)
    _fit(time, clock, 100, 9.0)
    assert time.left == -8
    with pytest.raises(OutOfTime):
        _fit(time, clock, 100, 1.0)


def test_what_fits_will_take_is_told_by_those_before_them() -> None:
    clock = Clock()
    time = SearchTime(60, clock)
    assert time.takes(10, 1000) == 0
    _fit(time, clock, 1000, 1.0)
    _fit(time, clock, 3000, 3.0)
    assert time.takes(10, 2000) == pytest.approx(20)


@pytest.mark.parametrize(
    ("ending", "share", "left"),
    [
        # After one second for a fit on 100 rows 99 are left, of which 4 are for the report.
        pytest.param(Ending(0, 0, 0.5), 1.0, 95, id="the report alone"),
        pytest.param(Ending(20, 100, 0.5), 1.0, 75, id="twenty fits more"),
        pytest.param(Ending(20, 200, 0.5), 1.0, 55, id="on twice the rows"),
        pytest.param(Ending(20, 100, 0.5), 1 / 3, 25, id="a third of the rest"),
        pytest.param(Ending(900, 100, 0.5), 1.0, 49, id="never more than half of everything"),
    ],
)
def test_time_is_kept_for_what_comes_after(ending: Ending, share: float, left: float) -> None:
    clock = Clock()
    time = SearchTime(100, clock)
    _fit(time, clock, 100, 1.0)
    with time.part(ending, share):
        assert time.left == pytest.approx(left)
        clock.now += left + 1
        with pytest.raises(OutOfTime):
            _fit(time, clock, 100, 1.0)
    assert time.left == pytest.approx(99 - left - 1)


def test_what_is_kept_grows_when_fits_take_longer_than_before() -> None:
    clock = Clock()
    time = SearchTime(100, clock)
    with time.part(Ending(10, 100, 0.5)):
        _fit(time, clock, 100, 1.0)
        assert time.left == pytest.approx(99 - 10 - 4)
        _fit(time, clock, 100, 3.0)
        assert time.left == pytest.approx(96 - 20 - 4)
