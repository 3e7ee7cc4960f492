"""Events and messages of one partition as one sequence: who is earlier, and who waits for whom."""

import pytest
from churn_models.stream_features.event import Event
from churn_runtimes.stream.events.merged import Merged, TimedEvent, TimedMessage
from support.stream_messages import Received


def _merged(events: list[int], messages: list[int]) -> Merged:
    merged = Merged()
    merged.events.extend(TimedEvent(at, at, Event("c", at, at, ())) for at in events)
    merged.messages.extend(TimedMessage(at, Received(b"")) for at in messages)
    return merged


@pytest.mark.parametrize(
    ("events", "messages", "ended", "taken"),
    [
        pytest.param([1, 3], [2, 4], "em", "e1 m2 e3 m4", id="by time"),
        pytest.param([2], [2], "em", "e2 m2", id="an event before a message of the same time"),
        pytest.param([1, 3], [2], "", "e1 m2", id="an event waits for messages that may be earlier"),
        pytest.param([1], [2, 3], "m", "e1", id="a message waits for events that may be earlier"),
        pytest.param([1], [2, 3], "e", "e1 m2 m3", id="no more events"),
        pytest.param([1, 3], [2], "m", "e1 m2 e3", id="no more messages"),
        pytest.param([5, 1], [2], "em", "m2 e5 e1", id="each topic in its own order"),
        pytest.param([], [], "em", "", id="nothing"),
    ],
)
def test_the_earlier_head_comes_first(events: list[int], messages: list[int], ended: str, taken: str) -> None:
    merged = _merged(events, messages)
    found = merged.take(10, "e" in ended, "m" in ended)
    told = [("e" if isinstance(item, TimedEvent) else "m") + str(item.at) for item in found]
    assert " ".join(told) == taken
    merged.give_back(found)
    assert ([event.at for event in merged.events], [message.at for message in merged.messages]) == (events, messages)


def test_no_more_are_taken_than_asked_for() -> None:
    assert len(_merged([1, 3], [2, 4]).take(3, True, True)) == 3
