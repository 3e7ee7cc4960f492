"""What a server makes of the operator's word: which tables it holds, what is tried, and what changes nothing."""

import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import httpx
import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.digest import digest_of
from churn_models.encoding import Matrix
from churn_models.outputs import PROBABILITY
from churn_models.traffic import SILENCE_SECONDS, State, Traffic
from churn_runtimes.candidate.errors import TableUnavailable
from churn_runtimes.candidate.fetch import NotHeard, Word, ask, fetch_table
from churn_runtimes.candidate.follower import Follower, Loaded
from churn_runtimes.candidate.offers import Offers
from churn_runtimes.candidate.packed_table import PackedTable
from churn_runtimes.candidate.poller import Poller
from churn_runtimes.candidate.trial import Answering
from support.http_thread import HttpThread
from support.tables import change, fooled, offer

NAN = float("nan")


@pytest.fixture(scope="module")
def spoilt(other: PackedTable, second: Bundle) -> PackedTable:
    return fooled(other, second, NAN)


@pytest.fixture
def matrix(bundle: Bundle) -> Matrix:
    sample: Matrix = np.load(bundle.folder / "reference_sample.npy", allow_pickle=False)
    return np.ascontiguousarray(sample[:1])


class World:
    """A server whose clock and sources are the test's."""

    def __init__(self, own: PackedTable, bundle: Bundle, sources: Mapping[str, bytes]) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.sources = dict(sources)
        loaded = Loaded(own, bundle.schema(), Answering())
        self.follower = Follower(loaded, self._fetch, lambda: self.now)
        self.offers = Offers("small", "7", bundle.digest)
        self.offers.follower = self.follower

    def _fetch(self, source: str) -> bytes:
        self.asked.append(source)
        if source not in self.sources:
            raise TableUnavailable("gone")
        return self.sources[source]

    def answers(self, matrix: Matrix, requests: int = 100) -> dict[str, int]:
        """By version."""
        found = {"7": 0, "8": 0}
        for _ in range(requests):
            trial = self.follower.trial
            candidate = trial.score(matrix, None, (PROBABILITY,))[2] if trial else None
            found[candidate.version if candidate else "7"] += 1
        return found


@pytest.fixture
def world(own: PackedTable, other: PackedTable, bundle: Bundle) -> World:
    return World(own, bundle, {"one": other.content})


def _traffic(table: PackedTable, *sources: str, generation: int = 1, **more: Any) -> Traffic:
    wanted = {"candidate": table.sha256, "weight": 25, **more}
    return Traffic(generation=generation, tables=(offer(table, *sources),), **wanted)


def test_a_candidate_is_fetched_checked_and_answers_its_share(
    world: World, own: PackedTable, other: PackedTable, matrix: Matrix
) -> None:
    world.follower.hear(_traffic(other, "one"))
    assert abs(world.answers(matrix, 1_000)["8"] - 250) <= 5
    state = world.offers.now()
    assert [(held.version, held.sha256) for held in state.held] == [("7", own.sha256), ("8", other.sha256)]
    assert state.in_force is not None
    assert (state.in_force.candidate, state.in_force.weight) == (other.sha256, 25)
    assert state.pairs[0].rows == state.versions[1].scored
    assert state.pairs[0].edges_of == own.digest
    world.follower.hear(_traffic(other, "one", weight=0))
    assert (world.answers(matrix)["8"], world.offers.now().in_force) == (0, None)
    assert len(world.asked) == 1


def test_no_candidate_no_trial(world: World, other: PackedTable) -> None:
    world.follower.hear(Traffic(generation=1, tables=(offer(other, "one"),)))
    assert world.follower.trial is None
    assert [held.version for held in world.offers.now().held] == ["7", "8"]
    world.follower.hear(Traffic(generation=1))
    assert [held.version for held in world.offers.now().held] == ["7"]


def test_pods_that_have_the_candidate_themselves_answer_by_it(world: World, own: PackedTable, matrix: Matrix) -> None:
    world.follower.hear(_traffic(own, "one", weight=100))
    assert (world.follower.trial, world.asked) == (None, [])


def test_sources_take_turns_and_none_is_trusted(world: World, own: PackedTable, other: PackedTable) -> None:
    world.sources["liar"] = own.content
    wanted = _traffic(other, "gone", "liar", "one")
    told = []
    for _ in range(3):
        world.follower.hear(wanted)
        told.append(world.offers.now().not_held.get(other.sha256, ""))
    assert world.asked == ["gone", "liar", "one"]
    assert [text.split(":")[0] for text in told] == ["TableUnavailable", "TableUnavailable", ""]
    assert world.follower.trial is not None


def test_wrong_bytes_are_asked_for_once_a_decision(world: World, other: PackedTable, bundle: Bundle) -> None:
    broken = change(other.content, lambda opened: opened.arrays.update(leaves=np.zeros(0)))
    world.sources["broken"] = broken
    table = _as_offered(other, broken)
    for _ in range(3):
        world.follower.hear(_traffic(table, "broken"))
    assert world.asked == ["broken"]
    assert world.offers.now().not_held[table.sha256].startswith("TableInvalid")
    world.follower.hear(_traffic(table, "broken", generation=2))
    assert len(world.asked) == 2


def _as_offered(table: PackedTable, content: bytes) -> PackedTable:
    return replace(table, sha256=digest_of(content), content=content)


def test_a_table_of_another_bundle_than_said(world: World, own: PackedTable, other: PackedTable) -> None:
    world.follower.hear(_traffic(replace(other, digest=own.digest), "one"))
    assert "TableInvalid: it is of bundle" in world.offers.now().not_held[other.sha256]
    assert world.follower.trial is None


def test_another_candidate_ends_the_first_before_it_is_there(
    world: World, other: PackedTable, spoilt: PackedTable, matrix: Matrix
) -> None:
    world.follower.hear(_traffic(other, "one", weight=100))
    world.follower.hear(_traffic(spoilt, "gone", weight=100, generation=2))
    assert world.answers(matrix) == {"7": 100, "8": 0}


def test_an_open_breaker_outlives_weights_and_ends_with_the_decision(
    own: PackedTable, spoilt: PackedTable, bundle: Bundle, matrix: Matrix
) -> None:
    world = World(own, bundle, {"one": spoilt.content})
    for weight in (100, 50, 0, 100):
        world.follower.hear(_traffic(spoilt, "one", weight=weight))
        assert world.answers(matrix, 50)["8"] == 0
    state = world.offers.now()
    assert state.in_force is not None
    assert (state.in_force.is_breaker_open, state.in_force.weight, state.versions[1].not_finite) == (True, 0, 20)
    world.follower.hear(_traffic(spoilt, "one", weight=100, generation=2))
    world.answers(matrix, 50)
    # Counts only grow.
    assert world.offers.now().versions[1].not_finite == 40


def test_silence_ends_a_candidate_and_no_rollback(world: World, other: PackedTable, matrix: Matrix) -> None:
    world.follower.hear(_traffic(other, "one", weight=100))
    world.now = SILENCE_SECONDS + 1
    assert world.answers(matrix)["8"] == 0
    state = world.offers.now()
    assert state.in_force is not None
    assert (state.in_force.weight, state.in_force.silent_seconds) == (0, SILENCE_SECONDS + 1)
    world.follower.hear(_traffic(other, "one", weight=100))
    assert world.answers(matrix)["8"] == 100
    world.follower.hear(_traffic(other, "one", weight=100, generation=2, previous=True))
    world.now *= 1_000
    assert world.answers(matrix)["8"] == 100


def test_the_previous_versions_edges_divide_its_pairs(world: World, other: PackedTable, matrix: Matrix) -> None:
    world.follower.hear(_traffic(other, "one", weight=0, sample=100, previous=True))
    assert world.answers(matrix)["8"] == 0
    (pairs,) = world.offers.now().pairs
    assert (pairs.edges_of, pairs.rows) == (other.digest, 100)


def test_pairs_on_other_edges_are_counted_apart(
    world: World, own: PackedTable, other: PackedTable, matrix: Matrix
) -> None:
    world.follower.hear(_traffic(other, "one", weight=100))
    world.answers(matrix)
    world.follower.hear(_traffic(other, "one", weight=100, generation=2, previous=True))
    world.answers(matrix, 50)
    state = world.offers.now()
    assert [(pairs.edges_of, pairs.rows) for pairs in state.pairs] == [(own.digest, 100), (other.digest, 50)]
    assert [version.scored for version in state.versions] == [150, 150]


def test_an_operator_that_is_not_heard_changes_nothing(world: World, other: PackedTable, matrix: Matrix) -> None:
    words: list[Traffic | None] = [_traffic(other, "one", weight=100), None, None]

    def ask_operator(url: str, pod: str, before: Word | None) -> Word:
        word = words.pop(0)
        if word is None:
            raise NotHeard("away")
        return Word(word)

    poller = Poller("http://operator", world.follower, ask_operator)
    for _ in range(3):
        poller.poll()
        assert world.answers(matrix)["8"] == 100
    assert words == []


ODD_ANSWERS = {
    "/404": (404, {}, b'{"generation": 1}'),
    "/500": (500, {}, b'{"generation": 1}'),
    "/redirect": (302, {"Location": "/good"}, b""),
    "/page": (200, {}, b"<html></html>"),
    "/empty": (200, {}, b""),
    "/wrong": (200, {}, b'{"generation": 1, "weight": 500}'),
    "/large": (200, {}, b'{"generation": 1}' + b" " * 100_000),
    "/zipped": (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b\x08"),
}
TAGGED = {"ETag": '"a"'}
GOOD_ANSWERS = {
    "/older": (200, {}, b'{"generation": 7}'),
    "/busy": (200, TAGGED, b'{"generation": 7}'),
    "/holds": (200, {**TAGGED, "Preference-Applied": "wait=2"}, b'{"generation": 7}'),
    "/odd": (200, {"Preference-Applied": "wait=2"}, b'{"generation": 7}'),
}


class _Odd(BaseHTTPRequestHandler):
    hosts: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        path = self.path.partition("?")[0]
        if path == "/late":
            time.sleep(1.5)
        if path == "/slow":
            for _ in range(100):
                self.wfile.write(b"H")
                time.sleep(0.1)
            return
        status, headers, body = (ODD_ANSWERS | GOOD_ANSWERS).get(path, (200, {}, b'{"generation": 7}'))
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    with HttpThread(_Odd) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize("path", [*ODD_ANSWERS, "/slow"])
def test_an_odd_answer_is_no_word_of_the_operator(path: str, odd: str) -> None:
    with pytest.raises(NotHeard):
        ask(odd + path, "pod")
    assert ask(f"{odd}/good", "pod").traffic.generation == 7


@pytest.mark.parametrize(
    ("path", "tag", "is_held"),
    [("/older", None, False), ("/busy", '"a"', False), ("/holds", '"a"', True), ("/odd", None, False)],
)
def test_what_the_operator_says_of_its_word(path: str, tag: str | None, is_held: bool, odd: str) -> None:
    assert ask(odd + path, "pod") == Word(Traffic(generation=7), tag, is_held)


def test_its_name_is_looked_up_once(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup may take five seconds where one packet is lost, and nothing ends it."""
    named = odd.replace("127.0.0.1", "localhost")
    word = ask(f"{named}/asked", "pod")
    asked = _hosts(monkeypatch)
    assert ask(f"{named}/asked", "pod", word) == word
    assert ask(f"{named}/asked", "pod", Word(word.traffic)) == word
    assert (asked, _Odd.hosts[-3:]) == ([word.address, "localhost"], [httpx.URL(named).netloc.decode()] * 3)


def _hosts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """That are connected to, from now on."""
    found = []
    connect = socket.create_connection

    def create_connection(address: tuple[str, int], *more: Any, **named: Any) -> socket.socket:
        found.append(address[0])
        return connect(address, *more, **named)

    monkeypatch.setattr(socket, "create_connection", create_connection)
    return found


def test_an_answer_may_be_late_by_the_wait_where_there_is_one(odd: str) -> None:
    with pytest.raises(NotHeard, match="more than 1 s"):
        ask(f"{odd}/late", "pod")
    assert ask(f"{odd}/late", "pod", Word(Traffic(generation=1), '"a"')).traffic.generation == 7


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "no url", "ftp://127.0.0.1/", "http://[::bad/", ""])
def test_nobody_there(url: str) -> None:
    with pytest.raises(NotHeard):
        ask(url, "pod")
    with pytest.raises(TableUnavailable):
        fetch_table(url)


def test_a_source_that_never_ends(odd: str) -> None:
    with pytest.raises(TableUnavailable, match="more than"):
        fetch_table(f"{odd}/slow")


def test_state_is_read_as_it_is_written(world: World, other: PackedTable, matrix: Matrix) -> None:
    world.follower.hear(_traffic(other, "one", weight=100))
    world.answers(matrix)
    state = world.offers.now()
    assert State.read(state.model_dump_json().encode()) == state


def test_a_server_without_a_table_says_why(bundle: Bundle) -> None:
    offers = Offers("small", None, bundle.digest)
    offers.none_because = "no compiler"
    state = offers.now()
    assert (state.holds_none_because, state.held, state.in_force) == ("no compiler", (), None)
    assert state.serving is not None
