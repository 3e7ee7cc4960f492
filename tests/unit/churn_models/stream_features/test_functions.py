"""The two functions: what features are, that batches are the same as one by one, late and repeated events."""

import math
from dataclasses import replace

import numpy as np
import pytest
from churn_models.stream_features.errors import StateForeign
from churn_models.stream_features.event import Event
from churn_models.stream_features.event_batch import EventBatch
from churn_models.stream_features.functions import apply, apply_batch, features, features_batch
from churn_models.stream_features.layout import StateLayout
from churn_models.stream_features.state_table import StateTable
from churn_models.stream_features.stream_feature import StreamFeature
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stream_features import STREAM, by_the_rule

LAYOUT = StateLayout.of(STREAM)
NOON = 1_700_049_600.0
"""12:00 UTC."""
HOUR, DAY = 3600.0, 86_400.0
NAN = math.nan

EVENTS = st.lists(
    st.builds(
        Event,
        customer=st.sampled_from(["a", "b", "c"]),
        time=st.one_of(
            st.floats(min_value=NOON - 2 * DAY, max_value=NOON + 2 * DAY), st.floats(min_value=0, max_value=1e10)
        ),
        offset=st.integers(0, 30),
        values=st.tuples(*[st.one_of(st.just(NAN), st.floats(-1e6, 1e6)) for _ in LAYOUT.fields]),
    ),
    min_size=1,
    max_size=24,
)


@settings(max_examples=50, deadline=None)
@given(EVENTS, st.integers(1, 24))
def test_batches_of_any_size_are_the_same_as_one_by_one(events: list[Event], size: int) -> None:
    alone: dict[str, bytes] = {}
    for event in events:
        alone[event.customer] = apply(LAYOUT, alone.get(event.customer), event)
    together: dict[str, bytes] = {}
    for start in range(0, len(events), size):
        batch = EventBatch.of(events[start : start + size])
        states = apply_batch(LAYOUT, [together.get(customer) for customer in batch.customers], batch)
        together |= dict(zip(batch.customers, states, strict=True))
    assert together == alone
    now = np.linspace(NOON, NOON + DAY, len(alone))
    found = features_batch(LAYOUT, list(alone.values()), now)
    one_by_one = [features(LAYOUT, state, at) for state, at in zip(alone.values(), now.tolist(), strict=True)]
    assert found.tobytes() == np.array(one_by_one).tobytes()


@settings(max_examples=30, deadline=None)
@given(EVENTS)
def test_events_that_a_state_has_change_no_byte(events: list[Event]) -> None:
    state = None
    for event in events:
        state = apply(LAYOUT, state, event)
    assert all(apply(LAYOUT, state, event) == state for event in events)


def test_features_are_what_the_rule_of_tiles_says() -> None:
    rng = np.random.default_rng(4)
    times = NOON + rng.uniform(-3 * DAY, 0, 200)
    values = np.where(rng.random((200, 2)) < 0.2, NAN, rng.integers(0, 50, (200, 2)))
    events = [Event("a", *one) for one in zip(times.tolist(), range(200), map(tuple, values.tolist()), strict=True)]
    state = None
    for event in sorted(events, key=lambda one: one.time):
        state = apply(LAYOUT, state, event._replace(offset=int(event.time)))
    for now in (NOON, NOON + HOUR / 2, NOON + 5 * HOUR, NOON + 9 * DAY):
        expected = [
            by_the_rule(one, events, LAYOUT.fields.index(one.of) if one.of else 0, now) for one in LAYOUT.features
        ]
        np.testing.assert_allclose(features(LAYOUT, state, now), expected, rtol=2e-6)


def test_a_customer_without_events() -> None:
    expected = [0, 0, 0, 0, NAN, NAN, NAN, 0, 0]
    np.testing.assert_array_equal(features(LAYOUT, None, NOON), np.array(expected, dtype=np.float32))


@pytest.mark.parametrize(
    ("time", "hour", "month"),
    [
        pytest.param(NOON - HOUR / 24 * 23, 2, 2, id="late within the hour's tiles"),
        pytest.param(NOON - HOUR, 1, 2, id="too late for the hour"),
        pytest.param(NOON - 31 * DAY, 1, 1, id="too late for all windows"),
        pytest.param(NOON + 2 * HOUR, 1, 2, id="after the hour before it is over"),
    ],
)
def test_late_events_land_in_their_own_tile(time: float, hour: int, month: int) -> None:
    first = apply(LAYOUT, None, Event("a", NOON, 1, (1.0, 5.0)))
    found = features(LAYOUT, apply(LAYOUT, first, Event("a", time, 2, (1.0, 7.0))), NOON)
    assert found[:2].tolist() == [hour, month]


def test_a_late_event_leaves_the_last_value_and_the_time_since_as_they_are() -> None:
    first = apply(LAYOUT, None, Event("a", NOON, 1, (NAN, 5.0)))
    late = features(LAYOUT, apply(LAYOUT, first, Event("a", NOON - HOUR, 2, (NAN, 7.0))), NOON + 60)
    assert dict(zip([one.name for one in STREAM], late.tolist(), strict=True))["silent_for"] == 60
    assert late[5] == 5.0
    assert late[7] == pytest.approx(2 ** (-60 / DAY) + 2 ** (-(HOUR + 60) / DAY))


def test_now_before_the_newest_event_is_its_time() -> None:
    state = apply(LAYOUT, None, Event("a", NOON, 1, (1.0, 5.0)))
    assert features(LAYOUT, state, NOON - DAY).tobytes() == features(LAYOUT, state, NOON).tobytes()


def test_after_a_lifetime_without_events_a_customer_is_as_new() -> None:
    old = apply(LAYOUT, None, Event("a", NOON, 1, (1.0, 5.0)))
    after = NOON + LAYOUT.lifetime + 1
    assert features(LAYOUT, old, after).tobytes() == features(LAYOUT, None, after).tobytes()
    event = Event("a", after, 2, (1.0, 2.0))
    assert apply(LAYOUT, old, event) == apply(LAYOUT, None, event)


def test_a_sum_beyond_float32_is_missing() -> None:
    state = None
    for offset in range(2):
        state = apply(LAYOUT, state, Event("a", NOON, offset, (3e38, 0.0)))
    assert math.isnan(features(LAYOUT, state, NOON)[2])


def test_a_state_of_other_features_is_told() -> None:
    other = StateLayout.of(STREAM[:-1])
    state = apply(other, None, Event("a", NOON, 1, (1.0, 5.0)))
    assert len(state) == other.size
    assert other.owns(state)
    assert not LAYOUT.owns(state)
    with pytest.raises(StateForeign, match="1 of 2 states are not of these features"):
        StateTable(LAYOUT, [state, None])


def test_names_of_features_may_change() -> None:
    renamed = StateLayout.of([one.model_copy(update={"name": one.name + "_"}) for one in STREAM])
    assert renamed.digest == LAYOUT.digest
    assert replace(LAYOUT, lasts=()).digest != LAYOUT.digest


def test_nobody_and_nothing() -> None:
    assert apply_batch(LAYOUT, [], EventBatch.of([])) == []
    assert features_batch(LAYOUT, [], np.empty(0)).shape == (0, len(STREAM))


@pytest.mark.parametrize("feature", STREAM, ids=[one.name for one in STREAM])
def test_one_feature_alone_is_what_it_is_among_others(feature: StreamFeature) -> None:
    layout, place = StateLayout.of([feature]), STREAM.index(feature)
    values = dict(zip(LAYOUT.fields, (1.5, 5.0), strict=True))
    alone = apply(layout, None, Event("a", NOON, 1, tuple(values[name] for name in layout.fields)))
    beside = apply(LAYOUT, None, Event("a", NOON, 1, tuple(values.values())))
    assert (
        features(layout, alone, NOON + 60).tolist() == features(LAYOUT, beside, NOON + 60)[place : place + 1].tolist()
    )


def test_a_repeated_event_is_left_out_of_a_batch_with_others() -> None:
    event, later = Event("a", NOON, 1, (1.0, 5.0)), Event("a", NOON + 1, 2, (1.0, 5.0))
    states = apply_batch(LAYOUT, [None], EventBatch.of([event, event, later, event]))
    assert states == [apply(LAYOUT, apply(LAYOUT, None, event), later)]
