"""When a transaction's call is called stuck: Kafka has answered others for a while, and is not merely away."""

from collections.abc import Iterator

import pytest
from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.kafka.patience import STUCK_SECONDS, Patience
from confluent_kafka import KafkaError, KafkaException

CASES: dict[str, tuple[list[tuple[float, bool]], bool]] = {
    "away for hours": ([(0, False), (5_000, False), (10_000, False)], False),
    "back for a moment": ([(0, False), (60, True), (60 + STUCK_SECONDS - 1, True)], False),
    "back, away and back": ([(0, True), (STUCK_SECONDS, False), (STUCK_SECONDS + 1, True)], False),
    "back for long": ([(0, False), (60, True), (60 + STUCK_SECONDS, True)], True),
    "never away": ([(0, True), (STUCK_SECONDS, True)], True),
}


class Broker:
    """Answers, or does not, as it is told."""

    def __init__(self, looks: list[tuple[float, bool]]) -> None:
        self.now = 0.0
        self._looks: Iterator[tuple[float, bool]] = iter(looks)

    def ask(self) -> None:
        """One look."""
        self.now, answers = next(self._looks)
        if not answers:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))


@pytest.mark.parametrize("name", CASES)
def test_a_client_is_stuck_where_kafka_answers_for_long(name: str) -> None:
    looks, is_stuck = CASES[name]
    broker = Broker(looks)
    patience = Patience(broker.ask, lambda: broker.now)
    for _ in looks[:-1]:
        patience.require()
    if not is_stuck:
        patience.require()
        return
    with pytest.raises(StreamUnavailable, match="stuck"):
        patience.require()
