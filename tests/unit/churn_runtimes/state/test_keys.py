"""Names in the state store: the partition of a customer, and what a record says."""

import pytest
from churn_runtimes.state.events_topic import EventsTopic
from churn_runtimes.state.keys import Namespace, partition_of
from churn_runtimes.state.record import Record

TOPIC = EventsTopic("events@1", 24)

# Hashes of Kafka's own test of its Java client (UtilsTest).
KNOWN = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


@pytest.mark.parametrize(("key", "known"), KNOWN.items())
def test_customers_have_the_partition_that_kafkas_clients_give_them(key: str, known: int) -> None:
    for partitions in (1, 4, 24, 1000):
        assert partition_of(key.encode(), partitions) == (known & 0x7FFFFFFF) % partitions


@pytest.mark.parametrize("model", ["telco", "a}b", "{}", "größe", "x:p1"])
def test_one_partition_has_one_hash_tag(model: str) -> None:
    key = Namespace(model, "l").record_key(17, TOPIC) + b":}{customer"
    tag = key[key.index(b"{") + 1 : key.index(b"}")]
    assert tag.endswith(b":p17/24")
    assert tag != Namespace("telc", "l").record_key(17, TOPIC)


@pytest.mark.parametrize("record", [Record(-1, False, "a"), Record(2**40, True, "pod-0/x")])
def test_records_come_back(record: Record) -> None:
    assert Record.unpacked(record.packed()) == record


@pytest.mark.parametrize("stored", [b"", b"7", b"x/1/a", b"\xff/1/a"])
def test_what_is_no_record_is_none(stored: bytes) -> None:
    assert Record.unpacked(stored) is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("telco", "l", EventsTopic("events@2", 24)), id="the topic was made anew"),
        pytest.param(("telco", "l", EventsTopic("clicks@1", 24)), id="another topic"),
        pytest.param(("telco", "l", EventsTopic("events@1", 12)), id="other partitions"),
        pytest.param(("telco", "m", TOPIC), id="another layout"),
        pytest.param(("staging.telco", "l", TOPIC), id="another name"),
    ],
)
def test_states_that_mean_something_else_are_not_found(other: tuple[str, str, EventsTopic]) -> None:
    name, layout, topic = other
    assert Namespace(name, layout).record_key(7, topic) != Namespace("telco", "l").record_key(7, TOPIC)


def test_the_topic_comes_back() -> None:
    topic = EventsTopic("a/b@Zm9v", 24)
    assert EventsTopic.unpacked(topic.packed()) == topic


@pytest.mark.parametrize("stored", [None, b"", b"24", b"0/events@1", b"x/events@1", b"24/", b"\xff"])
def test_what_is_no_topic_is_none(stored: bytes | None) -> None:
    assert EventsTopic.unpacked(stored) is None
