"""Events of one partition that wait, and what is told where its topic has gone back."""

import pytest
from churn_models.stream_features.event import Event
from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.events.merged import TimedEvent
from churn_runtimes.stream.events.part import Part


def _event(offset: int) -> TimedEvent:
    return TimedEvent(0, offset, Event("c", 0.0, offset, ()))


def test_events_wait_in_their_order_and_offsets_may_be_missing() -> None:
    part = Part()
    for offset in (0, 1, 5):  # between them are aborted ones
        part.came(3, _event(offset))
    assert [one.offset for one in part.merged.events] == [0, 1, 5]


@pytest.mark.parametrize(("held", "came"), [([0, 1, 2], 0), ([7], 7), ([7], 3)])
def test_a_topic_that_goes_back_ends_the_worker(held: list[int], came: int) -> None:
    part = Part()
    for offset in held:
        part.came(3, _event(offset))
    with pytest.raises(StreamUnavailable, match="partition 3 of the events has gone back to offset"):
        part.came(3, _event(came))
    assert len(part.merged.events) == len(held)
