"""The store as workers use it: states of customers by partition, read at once and written at once.

`read` is one MGET and `write` one call of a function for each partition, all of them on their way together. A write
names the record that it follows. Where another one is there (a flushed store, older data after a restart, another
worker) nothing of it is done, so a worker that was taken for dead changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from churn_runtimes.state.address import Address
from churn_runtimes.state.events_topic import EventsTopic
from churn_runtimes.state.keys import Namespace
from churn_runtimes.state.library import PUT
from churn_runtimes.state.record import Record
from churn_runtimes.state.servers import connect


@dataclass(frozen=True)
class Found:
    """A partition's record, and the states of the customers that were asked for, in their order."""

    record: Record | None
    states: Sequence[bytes | None]


@dataclass(frozen=True)
class Write:
    """New states of one partition with the record that they make true, after the record `follows`."""

    partition: int
    follows: Record | None
    record: Record
    states: Mapping[bytes, bytes]
    """By customer."""


def read_commands(
    namespace: Namespace, topic: EventsTopic, customers: Mapping[int, Sequence[bytes]]
) -> dict[bytes, tuple[bytes, ...]]:
    """One for each partition: its record, then the states of these customers; `found_in` reads the answer."""
    commands = {}
    for number, names in customers.items():
        record = namespace.record_key(number, topic)
        commands[record] = (b"MGET", record, *(b"%b:%b" % (record, name) for name in names))
    return commands


def found_in(answer: Sequence[bytes | None]) -> Found:
    """Of one partition."""
    record, *states = answer
    return Found(None if record is None else Record.unpacked(record), states)


class StateStore:
    """Of one name, its layout of states, and one topic of events; connects when it is first asked."""

    def __init__(
        self, address: Address, namespace: Namespace, topic: EventsTopic, ttl_seconds: int, answer_seconds: float
    ) -> None:
        """Raises StateDenied."""
        self._namespace = namespace
        self._topic = topic
        self._ttl = ttl_seconds
        self._servers = connect(address, answer_seconds)

    def read(self, customers: Mapping[int, Sequence[bytes]]) -> dict[int, Found]:
        """Of these customers by partition, with each partition's record. Raises StateError."""
        commands = read_commands(self._namespace, self._topic, customers)
        answers = self._servers.ask(commands)
        return {number: found_in(answer) for number, answer in zip(customers, answers, strict=True)}

    def write(self, writes: Sequence[Write]) -> dict[int, Record | None]:
        """One for a partition, each done whole or not at all. Raises StateError: then nobody knows which are done.

        Gives the partitions where another record is there than the write follows, each with that record.
        """
        answers = self._servers.ask({self._record_key(write.partition): self._put(write) for write in writes})
        return {
            write.partition: Record.unpacked(found[0])
            for write, (is_done, *found) in zip(writes, answers, strict=True)
            if not is_done
        }

    def announce(self) -> None:
        """Tell readers of the topic, for good: a few bytes. Raises StateError."""
        key = self._namespace.topic_key
        self._servers.ask({key: (b"SET", key, self._topic.packed())})

    def close(self) -> None:
        """Its connections."""
        self._servers.close()

    def _put(self, write: Write) -> tuple[Any, ...]:
        record = self._record_key(write.partition)
        keys = [record, *(b"%b:%b" % (record, name) for name in write.states)]
        follows = b"" if write.follows is None else write.follows.packed()
        return (b"FCALL", PUT, len(keys), *keys, follows, write.record.packed(), self._ttl, *write.states.values())

    def _record_key(self, partition: int) -> bytes:
        return self._namespace.record_key(partition, self._topic)
