"""The store as servers use it: states of customers by their keys alone, in one round trip.

A server asks no Kafka, so which topic the states hold, and the number of its partitions, by which a customer's state is
found, come from the store too. They are asked for again now and then, beside what is read anyway: with another topic or
number the same customers lie elsewhere.
"""

import time
from collections.abc import Callable, Sequence

from churn_runtimes.state.address import Address
from churn_runtimes.state.errors import StateUnavailable
from churn_runtimes.state.events_topic import EventsTopic
from churn_runtimes.state.keys import Namespace, partition_of
from churn_runtimes.state.servers import connect
from churn_runtimes.state.store import Found, found_in, read_commands

_KNOWN_SECONDS = 10.0
"""How long a topic is taken for the present one."""


class StateReader:
    """Of one name and its layout of states; connects when it is first asked. For one thread at a time."""

    def __init__(
        self, address: Address, namespace: Namespace, answer_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Raises StateDenied for an address that is none, or without its credentials."""
        self._namespace = namespace
        self._servers = connect(address, answer_seconds)
        self._clock = clock
        self._topic: EventsTopic | None = None
        self._known_at = -_KNOWN_SECONDS

    def read(self, customers: Sequence[bytes]) -> list[Found]:
        """Each customer's partition's record and the customer's state alone, in their order. Raises StateError."""
        topic = self._topic or self._learn(self._servers.ask(self._about_topic()))
        while True:
            places = [partition_of(customer, topic.partitions) for customer in customers]
            by_partition: dict[int, list[bytes]] = {place: [] for place in places}
            for place, customer in zip(places, customers, strict=True):
                by_partition[place].append(customer)
            asked = self._about_topic() if self._clock() - self._known_at >= _KNOWN_SECONDS else {}
            commands = read_commands(self._namespace, topic, by_partition)
            answers = self._servers.ask(commands | asked)
            if asked and (now := self._learn(answers[len(commands) :])) != topic:
                topic = now
                continue
            found = dict(zip(by_partition, map(found_in, answers), strict=False))
            states = {place: iter(one.states) for place, one in found.items()}
            return [Found(found[place].record, [next(states[place])]) for place in places]

    def close(self) -> None:
        """Its connections."""
        self._servers.close()

    def _about_topic(self) -> dict[bytes, tuple[bytes, ...]]:
        key = self._namespace.topic_key
        return {key: (b"GET", key)}

    def _learn(self, answers: Sequence[bytes | None]) -> EventsTopic:
        self._topic = EventsTopic.unpacked(answers[0])
        if self._topic is None:
            raise StateUnavailable("no worker of the stream has told the state store which events it reads")
        self._known_at = self._clock()
        return self._topic
