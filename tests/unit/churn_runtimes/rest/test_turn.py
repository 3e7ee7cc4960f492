"""Turns of the event loop: a budget for each, those that wait in their order, and pieces of what one has sent."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.rest import intake
from churn_runtimes.rest.connections import Connections
from churn_runtimes.rest.intake import Intake
from churn_runtimes.rest.turn import SECONDS_PER_TURN, Turn
from churn_runtimes.rest.written_answers import WrittenError

PIECE = intake._PIECE_BYTES


class _Loop:
    """What is due in the next turn, and a clock that the test moves."""

    def __init__(self) -> None:
        self.due: list[Callable[[], None]] = []
        self.now = 100.0

    def call_soon(self, callback: Callable[[], None]) -> None:
        self.due.append(callback)

    def time(self) -> float:
        return self.now

    def turn(self) -> None:
        due, self.due = self.due, []
        for callback in due:
            callback()


class _Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True


class _Flow:
    write_paused = False

    def __init__(self) -> None:
        self.paused = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


@dataclass
class _Reader:
    """Takes so many seconds of the turn for each piece."""

    turn: Turn
    seconds: float = 0.0
    parsed: list[bytes] = field(default_factory=list)
    late: list[bool] = field(default_factory=list)
    pipeline: deque[Any] = field(default_factory=deque)
    transport: _Transport = field(default_factory=_Transport)
    flow: _Flow = field(default_factory=_Flow)
    intake: Any = None

    def parse(self, data: bytes) -> None:
        self.parsed.append(data)
        self.late.append(self.intake.is_late)
        self.turn.spend(self.seconds)

    def end_with(self, error: WrittenError) -> None:
        self.transport.write(error.text)
        self.transport.close()


@pytest.fixture
def loop() -> _Loop:
    return _Loop()


@pytest.fixture
def shared(loop: _Loop) -> Connections:
    return Connections(Limits(waiting=1.0), InFlightLimit(1), cast(Any, None), Turn(cast(Any, loop)), {})


def _reader(shared: Connections, seconds: float = 0.0) -> _Reader:
    reader = _Reader(shared.turn, seconds)
    reader.intake = Intake(reader, shared)
    return reader


def test_a_turn_answers_until_its_budget_is_spent_and_the_others_in_their_order(
    loop: _Loop, shared: Connections
) -> None:
    readers = [_reader(shared, SECONDS_PER_TURN / 2) for _ in range(7)]
    for reader in readers:
        reader.intake.take(b"a", at_once=False)
    answered = [sum(bool(reader.parsed) for reader in readers)]
    while loop.due:
        loop.turn()
        answered.append(sum(bool(reader.parsed) for reader in readers))
    assert answered == [2, 4, 6, 7]


def test_none_overtakes_those_that_wait_but_a_probe(loop: _Loop, shared: Connections) -> None:
    busy, waiting, late, probe = (_reader(shared, SECONDS_PER_TURN) for _ in range(4))
    busy.intake.take(b"a", at_once=False)
    waiting.intake.take(b"a", at_once=False)
    loop.turn()
    late.intake.take(b"a", at_once=False)
    probe.intake.take(b"a", at_once=True)
    assert [bool(reader.parsed) for reader in (waiting, late, probe)] == [True, False, True]


def test_what_one_sends_at_once_is_taken_in_pieces(loop: _Loop, shared: Connections) -> None:
    reader, other = _reader(shared, SECONDS_PER_TURN), _reader(shared)
    reader.intake.take(b"a" * (2 * PIECE) + b"b", at_once=False)
    other.intake.take(b"c", at_once=False)
    assert ([len(piece) for piece in reader.parsed], reader.flow.paused) == ([PIECE], True)
    loop.turn()
    assert other.parsed == []
    loop.turn()
    assert other.parsed == [b"c"]
    loop.turn()
    assert (b"".join(reader.parsed), reader.flow.paused) == (b"a" * (2 * PIECE) + b"b", False)
    assert (loop.due, shared.held_bytes) == ([], 0)


def test_what_follows_waits_while_two_requests_wait_for_the_app(loop: _Loop, shared: Connections) -> None:
    reader = _reader(shared)
    reader.pipeline.append("a request")
    reader.intake.take(b"a" * PIECE + b"b", at_once=False)
    loop.turn()
    assert (len(reader.parsed), loop.due) == (1, [])
    reader.pipeline.clear()
    reader.intake.go_on_soon()
    loop.turn()
    assert reader.parsed[1:] == [b"b"]


@pytest.mark.parametrize(("seconds", "late"), [(0.9, False), (1.1, True)])
def test_what_has_waited_for_too_long_is_late(seconds: float, late: bool, loop: _Loop, shared: Connections) -> None:
    shared.turn.spend(SECONDS_PER_TURN)
    reader = _reader(shared)
    reader.intake.take(b"a", at_once=False)
    loop.now += seconds
    loop.turn()
    assert reader.late == [late]
    reader.intake.take(b"b", at_once=False)
    assert reader.late == [late, False]


def test_what_came_at_once_is_late_together(loop: _Loop, shared: Connections) -> None:
    shared.turn.spend(SECONDS_PER_TURN)
    reader = _reader(shared, SECONDS_PER_TURN)
    reader.intake.take(b"a" * (2 * PIECE), at_once=False)
    loop.now += 0.6
    reader.intake.take(b"b", at_once=False)
    loop.turn()
    loop.now += 0.6
    loop.turn()
    loop.turn()
    assert b"".join(reader.parsed) == b"a" * (2 * PIECE) + b"b"
    assert reader.late == [False, True, False]


def test_all_connections_together_hold_so_much_and_no_more(
    loop: _Loop, shared: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_HELD_BYTES", 100)
    shared.turn.spend(SECONDS_PER_TURN)
    first, second = _reader(shared), _reader(shared)
    first.intake.take(b"a" * 60, at_once=False)
    second.intake.take(b"a" * 60, at_once=False)
    assert (first.transport.closed, second.transport.closed, shared.held_bytes) == (False, True, 60)
    assert second.transport.written.startswith(b"HTTP/1.1 503")
    loop.turn()
    assert (len(first.parsed), second.parsed, shared.held_bytes) == (1, [], 0)
