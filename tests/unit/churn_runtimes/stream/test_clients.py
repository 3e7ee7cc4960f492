"""What Kafka's clients complain of: a door that stays closed ends the worker, and one that was closed once does not."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from churn_runtimes.stream.errors import ConfigInvalid, StreamUnavailable
from churn_runtimes.stream.kafka.clients import Complaints, made
from churn_runtimes.stream.life import Life
from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient

LOGIN, TLS, AWAY = KafkaError._AUTHENTICATION, KafkaError._SSL, KafkaError._TRANSPORT
COURSES: dict[str, tuple[Sequence[tuple[float, int]], bool]] = {
    "a wrong password": ([(0, LOGIN), (1, LOGIN), (6, LOGIN)], True),
    "a certificate of another authority": ([(0, TLS), (9, TLS)], True),
    "one of each": ([(0, TLS), (9, LOGIN)], True),
    "a handshake broken off": ([(0, LOGIN), (1, LOGIN)], False),
    "one broken off every minute": ([(0, TLS), (60, TLS), (120, TLS), (180, TLS)], False),
    "a broker that is away": ([(second, AWAY) for second in range(300)], False),
}


@pytest.mark.parametrize(("complaints", "is_end"), COURSES.values(), ids=COURSES)
def test_whether_waiting_mends_it(complaints: Sequence[tuple[float, int]], is_end: bool) -> None:
    now = [0.0]
    life = Life(lambda: now[0])
    told = Complaints(life, lambda: now[0])
    for at, code in complaints:
        now[0] = at
        told(KafkaError(code, "who are you?"))
    if not is_end:
        life.turned()
        return
    with pytest.raises(StreamUnavailable, match="does not let this worker in: who are you"):
        life.wait()


def test_the_same_complaint_is_told_once_in_ten_seconds(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    told = Complaints(Life(), lambda: now[0])
    for tenth in range(201):
        now[0] = tenth / 10
        told(KafkaError(AWAY, "connection refused"))
    assert caplog.messages == ["Kafka: connection refused"] * 3


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("sasl.usrname", "me", 'No such configuration property: "sasl.usrname"'),
        ("linger.ms", "soon", "Invalid value"),
        ("ssl.ca.location", __file__, "ssl.ca.location failed"),
    ],
)
def test_settings_that_librdkafka_refuses(tmp_path: Path, name: str, value: str, expected: str) -> None:
    with pytest.raises(ConfigInvalid, match=expected):
        made(AdminClient, {"bootstrap.servers": "127.0.0.1:1", "security.protocol": "SSL", name: value}, Life())
