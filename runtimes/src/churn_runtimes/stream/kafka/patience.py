"""Tells a client that is stuck from a Kafka that is away: for transactions, whose calls are tried again for ever."""

import time
from collections.abc import Callable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.kafka.clients import made
from churn_runtimes.stream.kafka.configuration import client_configuration
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.settings import StreamSettings

_ANSWER_SECONDS = 2.0
STUCK_SECONDS = 10.0
"""A broker that has come back loads the state of its groups and transactions for a moment."""


def ask_kafka(settings: StreamSettings, life: Life) -> None:
    """By a client of its own, as one that is stuck may get no answer either. Raises KafkaException."""
    made(AdminClient, client_configuration(settings), life).list_topics(timeout=_ANSWER_SECONDS)


class Patience:
    """With one call, from its first attempt on."""

    def __init__(self, ask: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> None:
        """`ask` raises KafkaException where Kafka does not answer."""
        self._ask = ask
        self._clock = clock
        self._answered_since: float | None = None

    def require(self) -> None:
        """Raises StreamUnavailable once Kafka has answered all this time and the call is not done all the same."""
        try:
            self._ask()
        except KafkaException:
            self._answered_since = None
            return
        now = self._clock()
        if self._answered_since is None:
            self._answered_since = now
        if now - self._answered_since >= STUCK_SECONDS:
            raise StreamUnavailable("Kafka answers, but its client is stuck in a transaction, as after a broker's end")
