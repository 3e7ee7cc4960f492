"""What Kafka's clients are told: nothing that loses a message can be set, and the protocol follows the broker."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from churn_runtimes.stream.errors import ConfigInvalid, Stopped
from churn_runtimes.stream.kafka.configuration import (
    PROTOCOLS,
    SESSION,
    consumer_configuration,
    producer_configuration,
    protocol_for,
)
from churn_runtimes.stream.kafka.topic_limits import WrittenTopics
from churn_runtimes.stream.life import STANDS_STILL_SECONDS, Life
from churn_runtimes.stream.settings import Delivery, GroupProtocol, StreamSettings, Topics, read_properties

TOPICS = Topics("in", "out", "dead")
AUTO, CONSUMER, CLASSIC = GroupProtocol.AUTO, GroupProtocol.CONSUMER, GroupProtocol.CLASSIC
BROKERS: dict[str, tuple[GroupProtocol, Mapping[str, str | None], GroupProtocol]] = {
    "ours": (AUTO, {PROTOCOLS: "classic,consumer,streams", SESSION: "6000"}, CONSUMER),
    "a broker's default session of 45 s": (AUTO, {PROTOCOLS: "classic,consumer", SESSION: "45000"}, CLASSIC),
    "before 4.0": (AUTO, {PROTOCOLS: "classic", SESSION: "6000"}, CLASSIC),
    "one that tells nothing": (AUTO, {}, CLASSIC),
    "one that hides it": (AUTO, {PROTOCOLS: "classic,consumer", SESSION: None}, CLASSIC),
    "asked for consumer": (CONSUMER, {}, CONSUMER),
    "asked for classic": (CLASSIC, {PROTOCOLS: "consumer", SESSION: "6000"}, CLASSIC),
}


@pytest.mark.parametrize(("asked", "broker", "expected"), BROKERS.values(), ids=BROKERS)
def test_the_group_protocol(asked: GroupProtocol, broker: Mapping[str, str | None], expected: GroupProtocol) -> None:
    assert protocol_for(asked, broker) is expected


def test_each_protocol_has_its_own_settings_alone() -> None:
    settings = StreamSettings("host:1", TOPICS, "churn", client={"security.protocol": "SSL"})
    consumer, classic = (consumer_configuration(settings, protocol) for protocol in (CONSUMER, CLASSIC))
    assert consumer["group.protocol"] == "consumer"
    # librdkafka refuses both with KIP-848.
    assert not {"session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"} & consumer.keys()
    assert (classic["session.timeout.ms"], classic["heartbeat.interval.ms"]) == (6_000, 500)
    assert consumer["enable.auto.commit"] is classic["enable.auto.commit"] is False
    assert consumer["security.protocol"] == classic["security.protocol"] == "SSL"


def test_a_transaction_has_its_id_and_its_bound() -> None:
    once = StreamSettings("host:1", TOPICS, "churn", Delivery.EXACTLY_ONCE, "churn-0")
    assert producer_configuration(once, WrittenTopics())["transactional.id"] == "churn-0"
    at_least_once = producer_configuration(StreamSettings("host:1", TOPICS, "churn"), WrittenTopics())
    assert "transactional.id" not in at_least_once
    assert at_least_once["message.timeout.ms"] == 0
    assert at_least_once["enable.idempotence"] is True


def test_a_file_of_settings(tmp_path: Path) -> None:
    file = tmp_path / "kafka.properties"
    file.write_text("# Kafka\n\n sasl.username = me \nsasl.password=a=b\n", encoding="utf-8")
    assert read_properties(file) == {"sasl.username": "me", "sasl.password": "a=b"}


FAULTS = {
    "no equals sign": ("security.protocol SSL", "line 1: write name=value"),
    "no name": ("=SSL", "line 1"),
    "what loses messages": ("\nenable.auto.commit=true", "line 2: enable.auto.commit is the worker's own"),
    "the command line's": ("group.id=other", "group.id"),
}


@pytest.mark.parametrize(("text", "told"), FAULTS.values(), ids=FAULTS)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "kafka.properties"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigInvalid, match=told):
        read_properties(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="No such file"):
        read_properties(tmp_path / "none")


def test_a_loop_that_stands_still_is_not_alive_and_waiting_for_kafka_is_no_standing_still() -> None:
    now = [0.0]
    life = Life(lambda: now[0])
    now[0] += STANDS_STILL_SECONDS + 1
    assert not life.is_alive
    life.wait()
    assert life.is_alive
    life.end()
    with pytest.raises(Stopped):
        life.wait()
