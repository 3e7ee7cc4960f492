"""What a worker says whose transactions are not possible any more."""

import pytest
from churn_runtimes.stream.kafka.exactly_once import reason_of
from confluent_kafka import KafkaError


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
