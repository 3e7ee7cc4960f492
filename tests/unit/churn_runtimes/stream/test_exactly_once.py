"""What a worker says whose transactions are not possible any more."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any, cast

import pytest
from churn_runtimes.stream.kafka.exactly_once import ExactlyOnce, reason_of
from confluent_kafka import KafkaError, KafkaException


@pytest.mark.parametrize(
    ("code", "open_seconds", "said"),
    [
        pytest.param(KafkaError._FENCED, 18.2, "open for 18 s", id="open too long"),
        pytest.param(KafkaError.PRODUCER_FENCED, 0.1, "same --transactional-id", id="a second worker"),
        pytest.param(KafkaError._FENCED, 0.0, "same --transactional-id", id="a second worker, none open"),
        pytest.param(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 9.0, "right", id="something else"),
    ],
)
def test_a_transaction_that_stood_still_is_told_from_a_second_worker(code: int, open_seconds: float, said: str) -> None:
    assert said in reason_of(KafkaError(code, "no right"), open_seconds)


class _Transactions:
    """A producer's, of which none can be committed, or all."""

    is_refused = False

    def commit_transaction(self, _: float) -> None:
        """As told."""
        if self.is_refused:
            raise KafkaException(KafkaError(KafkaError.INVALID_TXN_STATE, "given up", txn_requires_abort=True))

    def __getattr__(self, _: str) -> Any:
        return lambda *_: None


def _exactly_once(producer: _Transactions) -> ExactlyOnce:
    nothing = SimpleNamespace(
        offsets=lambda _: [], membership=lambda: None, rewind=lambda: None, answered=lambda _: None, send=lambda _: None
    )
    settings = SimpleNamespace(commit_seconds=0.0)
    answers = SimpleNamespace(client=producer, life=None, is_full=False, send=lambda _: None)
    metrics = SimpleNamespace(commit_seconds=SimpleNamespace(time=nullcontext), answered=lambda _: None)
    return ExactlyOnce(*(cast(Any, one) for one in (settings, nothing, answers, metrics)))


def test_what_a_given_up_transaction_held_is_no_longer_waited_for() -> None:
    producer = _Transactions()
    delivery = _exactly_once(producer)
    delivery.send([], {0: 1}, 0.0)
    delivery.turn()
    assert (delivery.sent, delivery.settled) == (1, 1)
    producer.is_refused = True
    delivery.send([], {0: 2}, 0.0)
    delivery.turn()
    # Else the states of other partitions' events would wait for a message that another worker answers.
    assert (delivery.sent, delivery.settled) == (1, 1)
