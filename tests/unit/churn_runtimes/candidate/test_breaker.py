"""Twenty faults among the last two hundred open it for good; nineteen never do."""

import pytest
from churn_runtimes.candidate.breaker import AMONG, FAULTS, Breaker

CASES = {
    "nothing": ([], False),
    "nineteen faults at once": ([True] * 19, False),
    "twenty faults at once": ([True] * 20, True),
    "nineteen among each two hundred": (([True] * 19 + [False] * 181) * 10, False),
    "twenty among two hundred": (([True] + [False] * 9) * 20, True),
    "one in eleven for ever": (([True] + [False] * 10) * 500, False),
    "open stays open": ([True] * 20 + [False] * 1_000, True),
}


@pytest.mark.parametrize(("faults", "opens"), CASES.values(), ids=list(CASES))
def test_when_it_opens(faults: list[bool], opens: bool) -> None:
    assert (FAULTS, AMONG) == (20, 200)
    breaker = Breaker()
    for fault in faults:
        breaker.note(fault)
    assert breaker.is_open is opens
