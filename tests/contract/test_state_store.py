"""The state store on real servers: one Redis, and a cluster of three."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from churn_runtimes.state.address import Address
from churn_runtimes.state.errors import (
    StateAway,
    StateDenied,
    StateError,
    StateFull,
    StateReadOnly,
    StateSlow,
)
from churn_runtimes.state.events_topic import EventsTopic
from churn_runtimes.state.keys import Namespace
from churn_runtimes.state.record import BEGINNING, Record
from churn_runtimes.state.store import StateStore, Write
from support.free_port import free_port
from support.redis_server import RedisServer

SPACE = Namespace("telco", "layout")
TOPIC = EventsTopic("events@1", 4)
FIRST = Record(BEGINNING, False, "a")
SECOND = Record(12, True, "a")
_SECONDS = 2.0


def _store(url: str, model: str = "telco", partitions: int = 24) -> StateStore:
    return StateStore(Address(url), Namespace(model, "layout"), EventsTopic("events@1", partitions), 3600, _SECONDS)


def test_states_of_many_partitions_are_read_as_they_were_written_with_their_records(redis_url: str) -> None:
    store = _store(redis_url)
    customers = {number: [b"c%d" % number, b"\x00{}:\xff", b"nobody"] for number in range(24)}
    assert all(found.record is None and not any(found.states) for found in store.read(customers).values())
    store.write([Write(number, None, FIRST, {}) for number in customers])
    states = {number: {names[0]: b"one %d" % number, names[1]: b"\r\n\x00"} for number, names in customers.items()}
    assert not store.write([Write(number, FIRST, SECOND, states[number]) for number in customers])
    for number, found in _store(redis_url).read(customers).items():
        assert found.record == SECOND
        assert found.states == [b"one %d" % number, b"\r\n\x00", None]
    assert _store(redis_url, partitions=25).read({1: [b"c1"]})[1].record is None
    assert _store(redis_url, model="tel}co").read({1: [b"c1"]})[1].record is None
    store.close()


@pytest.mark.parametrize(
    ("there", "follows"),
    [
        pytest.param(None, FIRST, id="flushed"),
        pytest.param(FIRST, SECOND, id="older data"),
        pytest.param(Record(12, True, "b"), SECOND, id="another worker"),
        pytest.param(SECOND, None, id="not empty"),
    ],
)
def test_a_write_that_follows_another_record_changes_nothing(
    redis_url: str, there: Record | None, follows: Record | None, request: pytest.FixtureRequest
) -> None:
    store = _store(redis_url, model=request.node.name)
    if there is not None:
        store.write([Write(3, None, there, {b"c": b"before"})])
    writes = [Write(3, follows, Record(40, True, "a"), {b"c": b"after"}), Write(4, None, FIRST, {})]
    assert store.write(writes) == {3: there}
    found = store.read({3: [b"c"], 4: []})
    assert found[3].record == there
    assert found[3].states == [None if there is None else b"before"]
    assert found[4].record == FIRST


def test_states_and_record_age_away(redis: RedisServer) -> None:
    store = _store(redis.url, model="aged")
    store.write([Write(0, None, FIRST, {b"c": b"state"})])
    with redis.client() as client:
        keys = list(client.scan_iter("cs:{aged:*"))
        assert len(keys) == 2
        assert all(0 < client.ttl(key) <= 3600 for key in keys)


def _away(server: RedisServer) -> None:
    server.stop()


def _slow(server: RedisServer) -> None:
    server.pause()


def _full(server: RedisServer) -> None:
    with server.client() as client:
        client.config_set("maxmemory", "1mb")
        client.config_set("maxmemory-policy", "noeviction")


def _read_only(server: RedisServer) -> None:
    with server.client() as client:
        client.replicaof("127.0.0.1", str(free_port()))
        client.config_set("replica-serve-stale-data", "yes")


def _locked(server: RedisServer) -> None:
    with server.client() as client:
        client.config_set("requirepass", "secret")


def test_a_cluster_that_is_away_is_told_as_one_server_is() -> None:
    store = StateStore(Address(f"redis+cluster://127.0.0.1:{free_port()}"), SPACE, TOPIC, 60, 0.5)
    with pytest.raises(StateAway):
        store.read({0: [b"customer"]})


def test_one_server_is_no_cluster(redis: RedisServer) -> None:
    store = StateStore(Address(redis.url.replace("redis:", "redis+cluster:")), SPACE, TOPIC, 60, 0.5)
    with pytest.raises(StateDenied, match="one server and no cluster: write redis://"):
        store.announce()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("redis+cluster://127.0.0.1:6379/1", "no numbered databases", id="a cluster's database"),
        pytest.param("redis://:pa/ss@127.0.0.1:6379", "has to be like", id="a password with a slash"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_password(url: str, said: str) -> None:
    with pytest.raises(StateDenied, match=said) as found:
        StateStore(Address(url), SPACE, TOPIC, 60, 0.5)
    assert "pa" not in str(found.value).replace("password", "")


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        pytest.param(_away, StateAway, id="away"),
        pytest.param(_slow, StateSlow, id="slow"),
        pytest.param(_full, StateFull, id="out of memory"),
        pytest.param(_read_only, StateReadOnly, id="a replica"),
        pytest.param(_locked, StateDenied, id="a password"),
    ],
)
def test_what_is_wrong_with_the_store_is_told_by_type(
    tmp_path: Path, harm: Callable[[RedisServer], None], kind: type[StateError]
) -> None:
    with RedisServer(tmp_path / "redis") as server:
        store = StateStore(Address(server.url), SPACE, TOPIC, 60, 0.5)
        store.write([Write(0, None, FIRST, {})])
        store.close()  # or its connection would still be a known one
        harm(server)
        began = time.monotonic()
        with pytest.raises(kind):
            store.write([Write(0, FIRST, SECOND, {b"c": b"state"})])
        assert time.monotonic() - began < 2


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(StateDenied, match="address"):
        _store("http://localhost")


def test_a_server_that_was_emptied_or_restarted_is_given_the_function_again(redis: RedisServer) -> None:
    store = _store(redis.url, model="again")
    store.write([Write(0, None, FIRST, {b"c": b"kept"})])
    redis.stop()
    redis.start()
    store.write([Write(0, FIRST, SECOND, {})])
    assert store.read({0: [b"c"]})[0].states == [b"kept"]
    with redis.client() as client:
        client.function_flush()
        client.flushall()
    assert store.write([Write(0, SECOND, SECOND, {})]) == {0: None}
    assert not store.write([Write(0, None, FIRST, {})])
