"""When states may be written: behind the answers that were made from them, and never a part of a batch's."""

from churn_runtimes.state.record import Record
from churn_runtimes.state.store import Write
from churn_runtimes.stream.events.ledger import Ledger

START = Record(0, True, "w")
FIRST, SECOND, THIRD = Record(10, True, "w"), Record(20, True, "w"), Record(30, True, "w")


def _ledger() -> Ledger:
    ledger = Ledger(START)
    ledger.add(1, FIRST, {b"a": b"a1", b"b": b"b1"})
    ledger.add(2, SECOND, {b"a": b"a2"})
    ledger.add(2, THIRD, {b"c": b"c3"})
    return ledger


def test_the_newest_state_is_known_before_it_is_written() -> None:
    ledger = _ledger()
    assert [ledger.state(name) for name in (b"a", b"b", b"c", b"d")] == [b"a2", b"b1", b"c3", None]
    assert ledger.newest == THIRD


def test_only_what_is_answered_is_due_and_as_it_was_then() -> None:
    ledger = _ledger()
    assert ledger.due(7, 0) is None
    assert ledger.due(7, 1) == Write(7, START, FIRST, {b"a": b"a1", b"b": b"b1"})


def test_what_was_written_is_asked_of_the_store_again_and_what_is_newer_is_not() -> None:
    ledger = _ledger()
    write = ledger.due(7, 1)
    assert write is not None
    ledger.done(write)
    assert [ledger.state(name) for name in (b"a", b"b", b"c")] == [b"a2", None, b"c3"]
    rest = ledger.due(7, 2)
    assert rest == Write(7, FIRST, THIRD, {b"a": b"a2", b"c": b"c3"})
    ledger.done(rest)
    assert ledger.due(7, 9) is None
    assert ledger.written == ledger.newest == THIRD
    assert ledger.state(b"a") is None
