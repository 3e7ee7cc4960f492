"""Pauses between the runs of a sidecar that ends again and again."""

from itertools import accumulate, repeat

import pytest
from churn_runtimes.drift.pauses import next_pause


def test_they_double_up_to_half_a_minute() -> None:
    found = list(accumulate(repeat(0.5, 8), next_pause, initial=0))
    assert found == [0, 1, 2, 4, 8, 16, 30, 30, 30]


@pytest.mark.parametrize(("ran", "pause"), [(59.9, 30), (60.0, 1), (3600.0, 1)])
def test_a_minute_that_went_well_makes_them_short_again(ran: float, pause: int) -> None:
    assert next_pause(16, ran) == pause
