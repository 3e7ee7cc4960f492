"""The poller of a serving pod and the operator's /traffic together: a word is heard when it is said, without flood."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from churn_models.traffic import Traffic
from churn_operator.traffic_board import TrafficBoard
from churn_operator.traffic_server import serve_traffic
from churn_runtimes.candidate.poller import Poller
from support.background_loop import BackgroundLoop
from support.eventually import eventually
from support.figures import record
from support.free_port import free_port

KEY = ("churn", "telco")
CHANGES = 12
_SECONDS = 20
_ASKED_SECONDS = 0.2


@dataclass(frozen=True)
class ForAll:
    """The same for every pod."""

    traffic: Traffic

    def for_pod(self, pod: str) -> Traffic:
        """Whichever it is."""
        return self.traffic


class Operator(BackgroundLoop):
    """Its port, and what it says there."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self._board = TrafficBoard()
        self._board.listed("churn", ["telco"])
        self._board.say(KEY, ForAll(Traffic(generation=0)))

    async def work(self) -> None:
        """Until cancelled."""
        async with serve_traffic(self.port, self._board, lambda: None):
            self.ready()
            await asyncio.Event().wait()

    def say(self, generation: int) -> None:
        """From now on."""
        self.loop.call_soon_threadsafe(self._board.say, KEY, ForAll(Traffic(generation=generation)))


class Ears:
    """In place of a server that follows: when it heard what."""

    def __init__(self) -> None:
        self.words: list[tuple[float, int]] = []

    def hear(self, traffic: Traffic) -> None:
        """One answer."""
        self.words.append((time.monotonic(), traffic.generation))

    def when(self, generation: int) -> float:
        """It was heard first; 0.0: not yet."""
        return next((at for at, heard in list(self.words) if heard == generation), 0.0)

    @property
    def is_held(self) -> bool:
        """Whether a word was heard, and the next question has come to the operator by now."""
        return bool(self.words) and time.monotonic() - self.words[-1][0] > _ASKED_SECONDS


@contextmanager
def _polling(port: int) -> Iterator[Ears]:
    ears = Ears()
    poller = Poller(f"http://127.0.0.1:{port}/traffic/churn/telco", ears)
    poller.start()
    try:
        yield ears
    finally:
        poller.stop()
        # Python 3.11 leaves a connection open that has come when its server closes (gh-109564).
        eventually(lambda: "traffic" not in {thread.name for thread in threading.enumerate()}, _SECONDS)


def test_a_word_is_heard_as_soon_as_it_is_said() -> None:
    with Operator(free_port()) as operator, _polling(operator.port) as ears:
        eventually(lambda: ears.words, _SECONDS)
        late = []
        for generation in range(1, CHANGES + 1):
            # At other moments of the wait each time, that between two questions included.
            time.sleep(0.07 * generation)
            said = time.monotonic()
            operator.say(generation)
            late.append(eventually(lambda: ears.when(generation), _SECONDS, pause=0.005) - said)  # noqa: B023
    assert record("word_heard_s_max", max(late), "s from saying it to a pod that waits", "<= 0.5").holds, late


def test_the_same_word_is_heard_every_two_seconds_and_no_oftener() -> None:
    with Operator(free_port()) as operator, _polling(operator.port) as ears:
        eventually(lambda: len(ears.words) >= 4, _SECONDS)
    moments = [at for at, _ in ears.words]
    # The first is answered at once; of the others each waits one and a half seconds at least.
    assert moments[3] - moments[0] > 2 * 1.5


def test_an_operator_that_was_away_for_a_moment_is_heard_soon() -> None:
    port = free_port()
    with _polling(port) as ears:
        with Operator(port):
            eventually(lambda: ears.is_held, _SECONDS)
        # The question that it held is lost with it.
        with Operator(port) as next_one:
            next_one.say(1)
            back = time.monotonic()
            took = eventually(lambda: ears.when(1), _SECONDS) - back
            eventually(lambda: ears.is_held, _SECONDS)
    assert took < 2.0, took
