"""One partition of events and the same one of messages as one sequence by time. Pure.

Both topics have a customer in the same partition, so what a message has to know is in this one. Each topic stays in its
own order, and of both heads the earlier comes first, an event before a message of the same millisecond. A head waits
while the other topic is empty here and has not been read to its end: what comes may be earlier. So a replay, however
far one topic is behind the other, gives messages the same events as before.
"""

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from churn_models.stream_features.event import Event

from churn_runtimes.stream.message import Message, Outgoing


class TimedEvent(NamedTuple):
    """`at`: milliseconds by the topic. One that no state can take is a dead letter instead."""

    at: int
    offset: int
    event: Event | Outgoing


class TimedMessage(NamedTuple):
    """`at`: milliseconds by the topic."""

    at: int
    message: Message


Item = TimedEvent | TimedMessage


class Merged:
    """What was taken of one partition and has not had its turn."""

    def __init__(self) -> None:
        self.events: deque[TimedEvent] = deque()
        self.messages: deque[TimedMessage] = deque()

    def take(self, most: int, events_ended: bool, messages_ended: bool) -> list[Item]:
        """The next ones; `…_ended`: this topic had no more when it was read last."""
        events, messages = self.events, self.messages
        taken: list[Item] = []
        while len(taken) < most:
            if events and messages:
                taken.append(events.popleft() if events[0].at <= messages[0].at else messages.popleft())
            elif events and messages_ended:
                taken.append(events.popleft())
            elif messages and events_ended:
                taken.append(messages.popleft())
            else:
                break
        return taken

    def give_back(self, taken: Sequence[Item]) -> None:
        """What `take` gave last and nobody could use."""
        for item in reversed(taken):
            if isinstance(item, TimedEvent):
                self.events.appendleft(item)
            else:
                self.messages.appendleft(item)
