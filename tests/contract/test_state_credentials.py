"""A state store that asks for a login: one Redis, a cluster, and one behind TLS, each with a mounted Secret."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from churn_runtimes.state.address import Address
from churn_runtimes.state.errors import StateAway, StateDenied
from churn_runtimes.state.events_topic import EventsTopic
from churn_runtimes.state.keys import Namespace
from churn_runtimes.state.record import BEGINNING, Record
from churn_runtimes.state.store import StateStore, Write
from support.free_port import free_port
from support.kafka_security import KafkaSecurity
from support.redis_server import READER_RIGHTS, WORKER_RIGHTS, RedisClusterServers, RedisServer

PASSWORD, WRONG = "geheim $(X) %41", "guessed"
WORKER = {"username": "worker", "password": PASSWORD}
_SECONDS = 2.0
_OF_A_CLUSTER = ["+command", "+cluster|slots"]


def _name_users(server: RedisServer, *more: str) -> None:
    with server.client() as client:
        for name, rights in (("worker", WORKER_RIGHTS), ("reader", READER_RIGHTS)):
            client.execute_command("ACL", "SETUSER", name, "reset", "on", f">{PASSWORD}", *rights, *more)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        _name_users(running)
        yield running


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisClusterServers]:
    with RedisClusterServers(tmp_path_factory.mktemp("cluster")) as running:
        for one in running.servers:
            _name_users(one, *_OF_A_CLUSTER)
        yield running


@pytest.fixture(params=["server", "cluster"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param).url)


def _mounted(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def _store(url: str, credentials: Path | None) -> StateStore:
    return StateStore(
        Address(url, credentials), Namespace("telco", "layout"), EventsTopic("events@1", 24), 3600, _SECONDS
    )


def test_who_has_the_password_reads_and_writes_with_the_rights_that_readme_names(url: str, tmp_path: Path) -> None:
    store = _store(url, _mounted(tmp_path / "secret", WORKER | {"password": f"{PASSWORD}\n"}))
    store.announce()
    store.write([Write(number, None, Record(BEGINNING, False, "a"), {b"c": b"state"}) for number in range(24)])
    for found in store.read(dict.fromkeys(range(24), (b"c",))).values():
        assert found.states == [b"state"]
    store.close()


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param(WORKER | {"password": WRONG}, "does not take the user or the password", id="another password"),
        pytest.param(WORKER | {"username": "nobody"}, "does not take the user or the password", id="another user"),
        pytest.param(WORKER | {"username": "reader"}, "no permissions to run the 'set' command", id="a reader"),
    ],
)
def test_a_login_that_will_not_do_is_no_outage(url: str, tmp_path: Path, files: Mapping[str, str], told: str) -> None:
    store = _store(url, _mounted(tmp_path / "secret", files))
    with pytest.raises(StateDenied, match=told) as found:
        store.announce()
    assert not any(word in str(found.value) for word in (PASSWORD, WRONG))


def test_a_changed_secret_is_found_without_a_restart(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis") as server:
        _name_users(server)
        folder = _mounted(tmp_path / "secret", WORKER)
        (store := _store(server.url, folder)).announce()
        with server.client() as client:
            client.execute_command("ACL", "SETUSER", "worker", "resetpass", ">another")
            client.execute_command("CLIENT", "KILL", "USER", "worker")
            with pytest.raises(StateDenied, match="does not take"):
                _until_denied(store)
            (folder / "password").unlink()
            with pytest.raises(StateDenied, match="password is not"):
                store.announce()
            _mounted(folder, {"password": "another"})
            store.announce()
            client.config_set("requirepass", PASSWORD)
        with pytest.raises(StateDenied, match="asks for a password, and none was given"):
            _store(server.url, None).announce()
        _store(server.url, _mounted(tmp_path / "default", {"password": PASSWORD})).announce()


def _until_denied(store: StateStore) -> None:
    try:
        store.announce()
    except StateAway:  # the connection that was ended
        store.announce()


def test_tls_by_the_secrets_authority(tmp_path: Path) -> None:
    files = KafkaSecurity.make(tmp_path / "tls").folder
    port = free_port()
    tls = ["--tls-port", str(port), "--tls-auth-clients", "no", "--tls-ca-cert-file", str(files / "ca.crt")]
    pair = ["--tls-cert-file", str(files / "broker.crt"), "--tls-key-file", str(files / "broker.key")]
    with RedisServer(tmp_path / "redis", [*tls, *pair]) as server:
        _name_users(server)
        url, authority = f"rediss://127.0.0.1:{port}", (files / "ca.crt").read_text(encoding="utf-8")
        _store(url, _mounted(tmp_path / "secret", WORKER | {"ca.crt": authority})).announce()
        with pytest.raises(StateAway, match="certificate verify failed"):
            _store(url, _mounted(tmp_path / "without", WORKER)).announce()
