"""The port that serving pods ask: what it answers to whom and when, and that nobody can hold it up."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import TypeVar

import pytest
import uvloop
from aiohttp import ClientSession
from churn_models.traffic import POLL_SECONDS, OfferedTable, Traffic
from churn_operator import bounded_server, held_questions
from churn_operator.errors import Unreachable
from churn_operator.held_questions import tag_of
from churn_operator.traffic_board import FRESH_SECONDS, TrafficBoard
from churn_operator.traffic_server import serve_traffic
from support.free_port import free_port

URL = "/traffic/churn/telco?pod=telco-1"


@dataclass(frozen=True)
class Settled:
    """Nothing is tried."""

    generation: int

    def for_pod(self, pod: str) -> Traffic:
        """The pod's name tells the generation, so that a test sees who has asked."""
        return Traffic(generation=self.generation + len(pod))


CANARY_TABLE = OfferedTable(sha256="sha256:" + "a" * 64, digest="sha256:" + "b" * 64, version="2")
CANARY = Traffic(generation=5, tables=(CANARY_TABLE,), candidate=CANARY_TABLE.sha256, weight=25)


class Tried:
    """A candidate is."""

    def for_pod(self, pod: str) -> Traffic:
        """The same for all."""
        return CANARY


def leads() -> None:
    """This process leads."""


def stands_by() -> None:
    """Another one does."""
    raise Unreachable("the Lease was not renewed within 10 s")


def _board() -> TrafficBoard:
    board = TrafficBoard()
    board.listed("churn", ["telco"])
    board.say(("churn", "telco"), Settled(3))
    return board


Found = TypeVar("Found")
Answer = tuple[int, dict[str, object] | str]


def _ask(method: str, path: str, leading: Callable[[], None] = leads) -> Answer:
    async def ask(port: int) -> Answer:
        async with ClientSession() as session, session.request(method, f"http://127.0.0.1:{port}{path}") as response:
            text = await response.text()
            if response.content_type != "application/json":
                return response.status, text
            assert response.headers["Connection"] == "close"
            return response.status, json.loads(text)

    return _served(leading, ask)


def _served(
    leading: Callable[[], None],
    ask: Callable[[int], Awaitable[Found]],
    board: TrafficBoard | None = None,
    loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.SelectorEventLoop,
) -> Found:
    async def main() -> Found:
        port = free_port()
        async with serve_traffic(port, board or _board(), leading):
            return await ask(port)

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main())


def test_the_leader_answers_with_its_word() -> None:
    status, said = _ask("GET", URL)
    assert status == 200
    assert Traffic.read(json.dumps(said).encode()) == Traffic(generation=10)


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("/traffic/churn/other?pod=x", 404, "there is no ChurnModel churn/other"),
        ("/traffic/elsewhere/telco?pod=x", 503, "nothing is known of elsewhere/telco yet"),
    ],
)
def test_what_it_cannot_say(path: str, status: int, why: str) -> None:
    assert _ask("GET", path) == (status, {"error": why})


@pytest.mark.parametrize("path", [URL, "/traffic/churn/other", "/traffic/elsewhere/telco"])
def test_who_does_not_lead_says_nothing_of_any_model(path: str) -> None:
    assert _ask("GET", path, stands_by) == (503, {"error": "the Lease was not renewed within 10 s"})


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_it_is_for_reading_alone(method: str) -> None:
    assert _ask(method, URL)[0] == 405


@pytest.mark.parametrize("path", ["/", "/traffic", "/traffic/churn", "/traffic/churn/telco/more", "/metrics"])
def test_it_has_no_other_path(path: str) -> None:
    assert _ask("GET", path)[0] == 404


def test_a_long_line_is_refused() -> None:
    assert _ask("GET", f"{URL}&more={'x' * 5000}")[0] == 400


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _ends(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(10):
            return await reader.read() == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET /traffic/churn/telco HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "half"])
def test_whoever_connects_and_does_not_ask_is_let_go(sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_server, "_CONNECTION_SECONDS", 0.2)

    async def ask(port: int) -> bool:
        async with _connected(port) as (reader, writer):
            writer.write(sent)
            return await _ends(reader)

    assert _served(leads, ask)


@pytest.mark.parametrize("loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_more_connections_than_it_takes_leave_the_others_answered(
    loop: Callable[[], asyncio.AbstractEventLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_server, "_CONNECTIONS", 3)

    async def ask(port: int) -> tuple[bool, bytes]:
        async with AsyncExitStack() as stack:
            held = [await stack.enter_async_context(_connected(port)) for _ in range(3)]
            refused, _ = await stack.enter_async_context(_connected(port))
            let_go = await _ends(refused)
            held[0][1].write(f"GET {URL} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            return let_go, await held[0][0].readline()

    assert _served(leads, ask, loop=loop) == (True, b"HTTP/1.1 200 OK\r\n")


KEY = ("churn", "telco")
KNOWN = f'"{tag_of(Traffic(generation=10))}"'
WAITS = {"Prefer": "wait=2", "If-None-Match": KNOWN}


class Told:
    """An answer, and how long it took."""

    def __init__(self, status: int, headers: Mapping[str, str], said: dict[str, object], seconds: float) -> None:
        self.status, self.said, self.seconds = status, said, seconds
        self.tag, self.applied = headers.get("ETag"), headers.get("Preference-Applied")

    @property
    def is_at_once(self) -> bool:
        """On a machine that is busy, too; a wait of two seconds takes one and a half at least."""
        return self.seconds < 1.0


async def _told(port: int, headers: Mapping[str, str]) -> Told:
    began = time.monotonic()
    url = f"http://127.0.0.1:{port}{URL}"
    async with ClientSession() as session, session.get(url, headers=headers) as response:
        said = await response.json()
        return Told(response.status, response.headers, said, time.monotonic() - began)


def _wait_for(
    happens: Callable[[], None], leading: Callable[[], None], board: TrafficBoard, headers: Mapping[str, str] = WAITS
) -> Told:
    """An answer to a question before which this happens, a fifth of a second after it has come."""

    async def ask(port: int) -> Told:
        asyncio.get_running_loop().call_later(0.2, happens)
        return await _told(port, headers)

    return _served(leading, ask, board)


def _nothing() -> None:
    pass


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="an older pod"),
        pytest.param({"If-None-Match": KNOWN}, id="no wait"),
        pytest.param({"If-None-Match": KNOWN, "Prefer": "wait=0"}, id="zero"),
        pytest.param({"If-None-Match": KNOWN, "Prefer": "wait"}, id="without a value"),
        pytest.param({"If-None-Match": KNOWN, "Prefer": "wait=soon"}, id="no number"),
        pytest.param({"If-None-Match": KNOWN, "Prefer": "wait=-5"}, id="negative"),
        pytest.param({"If-None-Match": KNOWN, "Prefer": "waiting=5, respond-async"}, id="other preferences"),
    ],
)
def test_who_asks_for_no_wait_is_answered_at_once(headers: dict[str, str]) -> None:
    told = _wait_for(_nothing, leads, _board(), headers)
    assert (told.status, told.said["generation"], told.is_at_once) == (200, 10, True)
    assert (told.tag, told.applied) == (KNOWN, None)


@pytest.mark.parametrize(
    "known", [{}, {"If-None-Match": '"another"'}, {"If-None-Match": "*"}, {"If-None-Match": 'odd"'}]
)
def test_who_has_another_word_or_none_is_answered_at_once_and_may_ask_on(known: dict[str, str]) -> None:
    told = _wait_for(_nothing, leads, _board(), {"Prefer": "wait=2", **known})
    assert (told.status, told.said["generation"], told.is_at_once) == (200, 10, True)
    assert (told.tag, told.applied) == (KNOWN, "wait=2")


def test_who_has_the_word_hears_it_again_after_the_wait() -> None:
    told = _wait_for(_nothing, leads, _board())
    assert (told.status, told.said["generation"], told.tag) == (200, 10, KNOWN)
    assert 1.4 < told.seconds < 4


@pytest.mark.parametrize(
    "prefer", ["wait=2", "respond-async, Wait=2", 'wait="2"; x=y', "wait = 2", f"wait={'9' * 500}", "wait=2, wait=0"]
)
def test_another_word_is_told_as_soon_as_it_is_said(prefer: str) -> None:
    board = _board()
    headers = {"If-None-Match": f'"older", W/{KNOWN}', "Prefer": prefer}
    told = _wait_for(lambda: board.say(KEY, Settled(5)), leads, board, headers)
    assert (told.status, told.said["generation"], told.tag) == (200, 12, f'"{tag_of(Traffic(generation=12))}"')
    assert told.is_at_once and told.seconds > 0.1
    assert told.applied == "wait=2"


@pytest.mark.parametrize("is_told", [False, True], ids=["at the end of the wait", "though another word is said"])
def test_who_does_not_lead_any_more_after_the_wait_says_nothing(is_told: bool) -> None:
    board, lost = _board(), Event()

    def lose() -> None:
        lost.set()
        if is_told:
            board.say(KEY, Settled(5))

    told = _wait_for(lose, lambda: stands_by() if lost.is_set() else None, board)
    assert (told.status, told.is_at_once) == (503, is_told)
    assert told.tag is told.applied is None


def test_a_word_that_grows_too_old_in_the_wait_is_not_told() -> None:
    board, now = _board(), [0.0]
    board.clock = lambda: now[0]
    board.say(KEY, Tried())
    headers = {"Prefer": "wait=1", "If-None-Match": f'"{tag_of(CANARY)}"'}
    told = _wait_for(lambda: now.__setitem__(0, FRESH_SECONDS + 1), leads, board, headers)
    assert (told.status, told.seconds > 0.7) == (503, True)


def test_a_model_that_goes_in_the_wait_is_told_at_once() -> None:
    board = _board()
    told = _wait_for(lambda: board.forget(KEY), leads, board)
    assert (told.status, told.is_at_once) == (404, True)


def test_more_questions_than_may_wait_are_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_questions, "MOST_HELD", 2)

    async def ask(port: int) -> list[Told]:
        held = [asyncio.create_task(_told(port, WAITS)) for _ in range(2)]
        await asyncio.sleep(0.3)
        one_more = await _told(port, WAITS)
        return [one_more, *await asyncio.gather(*held), await _told(port, {"Prefer": "wait=2"})]

    one_more, *held, afterwards = _served(leads, ask)
    assert (one_more.status, one_more.is_at_once, one_more.tag, one_more.applied) == (200, True, KNOWN, None)
    assert [told.is_at_once for told in held] == [False, False]
    assert afterwards.applied == "wait=2"


def test_questions_that_wait_leave_room_for_others() -> None:
    assert held_questions.MOST_HELD <= bounded_server._CONNECTIONS // 2
    assert bounded_server._CONNECTION_SECONDS > 2 * POLL_SECONDS


def test_whoever_leaves_in_the_wait_leaves_nothing_behind(caplog: pytest.LogCaptureFixture) -> None:
    board = _board()

    async def ask(port: int) -> Told:
        async with _connected(port) as (_, writer):
            lines = [f"GET {URL} HTTP/1.1", "Host: x", *(f"{name}: {value}" for name, value in WAITS.items()), "", ""]
            writer.write("\r\n".join(lines).encode())
            await asyncio.sleep(0.2)
        board.say(KEY, Settled(5))
        return await _told(port, {})

    assert _served(leads, ask, board).said["generation"] == 12
    assert caplog.records == []
