"""What pods say of themselves, and what becomes of those that say nothing, nonsense or too much."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import aiohttp
import pytest
from churn_models.traffic import State
from churn_operator.cluster.pod_states import PodStates
from churn_operator.decide.observed import Observed
from churn_operator.names import METRICS_PORT, Track
from churn_operator.observe.pod_answer import PodAnswer
from churn_operator.observe.stream import StreamWorkers
from churn_operator.observe.stream_roll import StreamRoll
from support.http_thread import HttpThread
from support.loopback_address import loopback_address
from support.observations import DIGESTS, observed, revision

_LARGE = 2 << 20


def said(instance: str, model: str = "telco") -> State:
    """By a process of version 1."""
    return State(instance=instance, model=model, digest=DIGESTS["1"], version="1")


def pod(name: str, address: str, track: Track = Track.STABLE, revision: str = "one") -> PodAnswer:
    """That is ready and was not asked."""
    return PodAnswer(name, address, revision, track, ready=True)


def trying(*pods: PodAnswer) -> Observed:
    """A candidate is verified beside these."""
    return observed(pods=(*pods, pod("verifier", "", Track.CANDIDATE, "two")))


def _server(answer: bytes, status: int = 200, seconds: float = 0.0) -> tuple[str, HttpThread]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(seconds)
            assert self.path == "/state"
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            try:
                self.wfile.write(answer)
            except ConnectionError:
                # Whoever asked has heard enough.
                return

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    address = loopback_address()
    return address, HttpThread(Handler, address, METRICS_PORT)


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def _serve(servers: ExitStack, answer: bytes, status: int = 200, seconds: float = 0.0) -> str:
    address, server = _server(answer, status, seconds)
    servers.enter_context(server)
    return address


def _ask(states: PodStates, seen: Observed) -> Observed:
    return asyncio.run(states.ask(seen))


def test_every_pod_says_its_own(servers: ExitStack) -> None:
    pods = [pod(name, _serve(servers, said(name).model_dump_json().encode())) for name in ("a", "b", "c")]
    found = _ask(PodStates(), trying(*pods))
    assert [one.state for one in found.pods] == [said("a"), said("b"), said("c"), None]
    assert found.seen == (said("a"), said("b"), said("c"))


def test_since_when_a_pod_answers_begins_anew_after_a_silence() -> None:
    silent = iter([False, False, True, False])

    async def ask(_: aiohttp.ClientSession, __: str) -> State:
        if next(silent):
            raise TimeoutError
        return said("a")

    states, since = PodStates(ask), []
    for second in (0, 10, 20, 30):
        seen = replace(trying(pod("a", "10.0.0.1")), now=f"2026-11-23T12:00:{second:02}Z")
        since.append(_ask(states, seen).pods[0].heard_since)
    assert since == ["2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z", "", "2026-11-23T12:00:30Z"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"{}", 200),
        (b"\xff not json", 200),
        (b"", 200),
        (said("a").model_dump_json().encode(), 503),
        (said("a").model_dump_json().encode(), 302),
        (said("a", model="other").model_dump_json().encode(), 200),
        (b" " * _LARGE + said("a").model_dump_json().encode(), 200),
    ],
    ids=["empty object", "not JSON", "nothing", "503", "redirect", "another model's pod", "too much"],
)
def test_what_is_no_state_is_unknown(servers: ExitStack, answer: bytes, status: int) -> None:
    found = _ask(PodStates(), trying(pod("a", _serve(servers, answer, status))))
    assert (found.pods[0].state, found.seen) == (None, ())


def test_a_pod_that_serves_another_bundle_than_its_revision_is_unknown() -> None:
    async def answer(_: object, address: str) -> State:
        return said(address)

    seen = trying(
        pod("a", "10.0.0.1", revision=revision("1").identifier), pod("b", "10.0.0.2", revision=revision("2").identifier)
    )
    assert [one.state is not None for one in _ask(PodStates(answer), seen).pods] == [True, False, False]


def test_slow_and_absent_pods_hold_nobody_up(servers: ExitStack) -> None:
    answer = said("quick").model_dump_json().encode()
    slow = [pod(f"slow-{number}", _serve(servers, answer, seconds=3.0)) for number in range(5)]
    quick, absent = pod("quick", _serve(servers, answer)), pod("absent", loopback_address())
    began = time.monotonic()
    found = _ask(PodStates(), trying(*slow, absent, quick))
    # One after the other they would take five.
    assert time.monotonic() - began < 4
    assert [one.name for one in found.pods if one.state] == ["quick"]


def test_what_a_process_said_last_outlives_it_while_something_is_tried() -> None:
    answers = {"10.0.0.1": said("first"), "10.0.0.2": said("second")}

    async def answer(_: object, address: str) -> State:
        if address not in answers:
            raise TimeoutError
        return answers[address]

    states = PodStates(answer)
    both = trying(pod("a", "10.0.0.1"), pod("b", "10.0.0.2"))
    _ask(states, both)
    # One has started anew, the other is gone.
    answers["10.0.0.1"] = said("third")
    found = _ask(states, trying(pod("a", "10.0.0.1")))
    assert [one.instance for one in found.seen] == ["first", "second", "third"]
    assert found.pods[0].state == said("third")
    del answers["10.0.0.1"]
    assert len(_ask(states, both).seen) == 3
    settled = observed(pods=(pod("a", "10.0.0.2"),))
    assert _ask(states, settled) == settled
    assert [one.instance for one in _ask(states, both).seen] == ["second"]


def test_how_far_a_process_was_when_it_was_first_heard() -> None:
    grown = [said("a"), said("a").model_copy(update={"version": "later"}), said("anew")]

    async def answer(_: object, address: str) -> State:
        return grown.pop(0)

    states, seen = PodStates(answer), trying(pod("a", "10.0.0.1"))
    found = [_ask(states, seen).pods[0] for _ in range(3)]
    assert [(one.first, one.state and one.state.version) for one in found] == [
        (said("a"), "1"),
        (said("a"), "later"),
        (said("anew"), "1"),
    ]


@pytest.mark.parametrize(
    ("others", "wanted", "pause"), [(0, None, 2.0), (0, 60.0, 2.0), (0, 0.5, 0.5), (40, None, 2.05), (999, None, 50.0)]
)
def test_how_soon_a_model_that_tries_something_is_looked_at(others: int, wanted: float | None, pause: float) -> None:
    states, seen = PodStates(), trying()
    for number in range(others):
        _ask(states, replace(seen, model=replace(seen.model, name=f"other-{number}")))
    _ask(states, seen)
    assert states.next_look(seen, wanted) == pytest.approx(pause)


def test_a_settled_model_is_looked_at_when_it_asks_for_it() -> None:
    assert PodStates().next_look(observed(), None) is None
    assert PodStates().next_look(observed(), 60.0) == 60.0


def test_a_settled_model_asks_nobody() -> None:
    async def answer(_: object, address: str) -> State:
        raise AssertionError(f"{address} was asked")

    settled = observed(pods=(pod("a", "10.0.0.1"), pod("b", "10.0.0.2")))
    assert _ask(PodStates(answer), settled) == settled


def test_pods_of_two_revisions_are_asked() -> None:
    async def answer(_: object, address: str) -> State:
        return said(address)

    rolling = observed(pods=(pod("a", "10.0.0.1"), pod("b", "10.0.0.2", revision="two")))
    assert all(one.state for one in _ask(PodStates(answer), rolling).pods)


def test_processes_without_end_are_not_all_remembered() -> None:
    numbers = iter(range(2000))

    async def answer(_: object, address: str) -> State:
        return said(str(next(numbers)))

    states = PodStates(answer)
    seen = trying(*(pod(str(number), f"10.0.0.{number}") for number in range(200)))
    for _ in range(4):
        found = _ask(states, seen)
    assert len(found.seen) == 512
    assert found.seen[-1] == said("799")


def test_forgotten_with_its_model() -> None:
    async def answer(_: object, address: str) -> State:
        return said(address)

    states = PodStates(answer)
    seen = trying(pod("a", "10.0.0.1"))
    _ask(states, seen)
    states.forget(("churn", "telco"))
    assert [one.instance for one in _ask(states, replace(seen, pods=(pod("b", "10.0.0.2"), seen.pods[-1]))).seen] == [
        "10.0.0.2"
    ]


def test_workers_are_asked_while_they_are_compared_and_are_no_serving_pods() -> None:
    of_others = said("b").model_copy(update={"model": "registered", "digest": DIGESTS["2"]})
    answers = {"10.0.0.1": said("a"), "10.0.0.2": of_others}

    async def ask(_: aiohttp.ClientSession, address: str) -> State:
        return answers[address]

    one = revision("1").identifier
    pods = (pod("telco-stream-0", "10.0.0.1", revision=one), pod("telco-stream-1", "10.0.0.2", revision=one))
    workers = StreamWorkers(one, "1", DIGESTS["1"], 2, 2, 2, False, pods=pods, roll=StreamRoll("before", 1))
    states = PodStates(ask)
    seen = observed(stream=workers)
    found = _ask(states, seen)
    assert found.stream is not None
    assert [one.state for one in found.stream.pods] == [said("a"), None], "the second one has another bundle"
    assert (found.seen, found.looked_since, found.stream.looked_since) == ((), "", seen.now)
    assert states.next_look(seen, 60.0) == 2.0
    settled = observed(stream=replace(workers, roll=StreamRoll()))
    assert _ask(states, settled) == settled
    assert states.next_look(settled, 60.0) == 60.0


def test_workers_are_asked_for_their_pairs_while_the_servers_try_something() -> None:
    told = iter([said("a"), said("b"), said("worker"), said("a"), said("b"), said("worker anew")])

    async def ask(_: aiohttp.ClientSession, __: str) -> State:
        return next(told)

    worker = pod("telco-stream-0", "10.0.0.3", revision=revision("1").identifier)
    workers = StreamWorkers(worker.revision, "1", DIGESTS["1"], 1, 1, 1, True, pods=(worker,))
    states, seen = PodStates(ask), replace(trying(pod("s", "10.0.0.1"), pod("t", "10.0.0.2")), stream=workers)
    found = [_ask(states, seen) for _ in range(2)]
    assert [[one.instance for one in each.shadows] for each in found] == [["worker"], ["worker", "worker anew"]]
    assert [one.instance for one in found[1].seen] == ["a", "b"]
    assert found[1].stream == workers, "nothing is compared"
    assert _ask(states, observed(stream=workers)).shadows == ()
