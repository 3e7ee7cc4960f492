"""Each share is held exactly: among any thousand requests, for customers by their key, and whatever takes turns."""

import pytest
from churn_runtimes.candidate.spread import Spread, bound_of, place_of
from hypothesis import given
from hypothesis import strategies as st

STARTS = st.integers(min_value=0, max_value=2**64 - 1)


def _chosen(start: int, percent: int, requests: int) -> list[bool]:
    spread, bound = Spread(start), bound_of(percent)
    return [spread.next() < bound for _ in range(requests)]


@given(start=STARTS, percent=st.integers(0, 100), skipped=st.integers(0, 3_000))
def test_any_thousand_requests_hold_the_share_within_half_a_point(start: int, percent: int, skipped: int) -> None:
    chosen = _chosen(start, percent, skipped + 1_000)[skipped:]
    assert abs(sum(chosen) - 10 * percent) <= 5


@given(start=STARTS, percent=st.sampled_from([5, 25, 37, 50]), kinds=st.integers(2, 12))
def test_requests_that_take_turns_all_get_their_share(start: int, percent: int, kinds: int) -> None:
    chosen = _chosen(start, percent, 1_000 * kinds)
    for kind in range(kinds):
        assert abs(sum(chosen[kind::kinds]) / 1_000 - percent / 100) <= 0.02


@given(start=STARTS)
def test_none_and_all(start: int) -> None:
    assert not any(_chosen(start, 0, 300))
    assert all(_chosen(start, 100, 300))


@given(key=st.text(), percent=st.integers(0, 99))
def test_who_is_chosen_stays_chosen_at_a_higher_weight(key: str, percent: int) -> None:
    assert place_of(key, "a") == place_of(key, "a") < 2**64
    assert (place_of(key, "a") < bound_of(percent)) <= (place_of(key, "a") < bound_of(percent + 1))


@pytest.mark.parametrize("percent", [5, 25, 50])
def test_keys_are_chosen_in_the_share_and_others_for_another_candidate(percent: int) -> None:
    first, second = (
        {key for key in range(20_000) if place_of(f"customer {key}", salt) < bound_of(percent)} for salt in ("a", "b")
    )
    for chosen in (first, second):
        assert abs(len(chosen) / 20_000 - percent / 100) < 0.012  # four standard deviations at most
    assert abs(len(first & second) / len(first) - percent / 100) < 0.05
