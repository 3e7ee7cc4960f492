"""From messages of the events' topic to events, and dead letters for those that no state can take."""

import logging
from collections.abc import Set

from churn_models.stream_features.errors import EventInvalid
from churn_models.stream_features.event import Event, EventReader

from churn_runtimes.state.keys import partition_of
from churn_runtimes.stream.dead_letter import dead_letter, sent_at
from churn_runtimes.stream.events.merged import TimedEvent
from churn_runtimes.stream.kafka.event_source import EventSource
from churn_runtimes.stream.message import Message, Outgoing
from churn_runtimes.stream.metrics import StreamMetrics

logger = logging.getLogger(__name__)

_MOST = 2_048
_GATHER_SECONDS = 0.002


class EventReading:
    """Of one layout. A customer is named by the message's key alone: by it the event lies in this partition."""

    def __init__(self, source: EventSource, reader: EventReader, partitions: int, metrics: StreamMetrics) -> None:
        self._source = source
        self._reader = reader
        self._partitions = partitions
        self._metrics = metrics
        self._has_warned = False

    @property
    def ended(self) -> Set[int]:
        """Partitions that had no more events when they were read last."""
        return self._source.ended

    def take(self, held: Set[int]) -> list[tuple[int, TimedEvent]]:
        """The next events with their partitions, of all but the held ones. Raises StreamUnavailable."""
        self._source.hold(held)
        messages = self._source.take(_MOST, _GATHER_SECONDS)
        if messages:
            self._look_where_it_lies(messages[0])
        return [(message.partition(), self._read(message)) for message in messages]

    def _read(self, message: Message) -> TimedEvent:
        at, offset = sent_at(message), message.offset()
        event: Event | Outgoing
        try:
            event = self._reader.read(message.value(), key=message.key(), timestamp=at, offset=offset)
        except EventInvalid as error:
            event = dead_letter(message, str(error))
        return TimedEvent(at or 0, offset, event)

    def _look_where_it_lies(self, message: Message) -> None:
        """Computing it of each would cost as much as applying it."""
        key = message.key()
        if not key or partition_of(key, self._partitions) == message.partition():
            return
        self._metrics.misplaced_events.inc()
        if not self._has_warned:
            self._has_warned = True
            logger.warning(
                "events are not partitioned by murmur2 (librdkafka: partitioner=murmur2_random): servers look for "
                "their customers' states in other partitions, and find none"
            )
