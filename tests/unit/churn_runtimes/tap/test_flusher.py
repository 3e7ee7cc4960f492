"""The flusher sends whole messages to whoever listens, and counts what nobody takes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from churn_models.encoding import Encoded
from churn_runtimes.tap.flusher import Flusher
from churn_runtimes.tap.frame import LARGEST, Frame, read_frame
from churn_runtimes.tap.reason import Reason
from churn_runtimes.tap.tap import Tap

NAMES = ("age", "plan")


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(5)
        yield listener


def _offer(tap: Tap, rows: int) -> None:
    for _ in range(rows):
        tap.offer(Encoded(np.zeros((1, 2), dtype=np.float32), {"plan": 1}), np.zeros(1))


def _read(connection: socket.socket) -> list[Frame]:
    """What there is now."""
    connection.setblocking(False)
    frames = []
    try:
        while content := connection.recv(LARGEST):
            frames.append(read_frame(content))
    except BlockingIOError:
        pass
    return frames


def _dropped(frame: Frame) -> int:
    return sum(frame.dropped.values())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tap.sock"


@pytest.fixture
def tap() -> Tap:
    return Tap(NAMES)


@pytest.fixture
def flusher(tap: Tap, path: Path) -> Iterator[Flusher]:
    made = Flusher(tap, str(path), "sha256:a")
    yield made
    made.hang_up()


def test_all_rows_arrive_in_a_few_messages(tap: Tap, flusher: Flusher, path: Path) -> None:
    with _listening(path) as listener:
        _offer(tap, 600)
        flusher.flush()
        with listener.accept()[0] as connection:
            frames = _read(connection)
    assert [len(frame.scores) for frame in frames] == [256, 256, 88]
    assert sum(frame.unseen["plan"] for frame in frames) == 600
    assert {frame.digest for frame in frames} == {"sha256:a"}
    assert tap.lost.read() == {}


def test_without_a_sidecar_rows_are_counted_and_it_is_told_when_it_comes(
    tap: Tap, flusher: Flusher, path: Path
) -> None:
    _offer(tap, 300)
    flusher.flush()
    assert tap.lost.read() == {Reason.NO_SIDECAR: 300}
    with _listening(path) as listener:
        _offer(tap, 1)
        flusher.flush()
        with listener.accept()[0] as connection:
            (frame,) = _read(connection)
    assert frame.dropped == {"no_sidecar": 300}
    assert tap.lost.read() == {}


def test_a_sidecar_that_stands_still_costs_rows_and_nothing_else(tap: Tap, flusher: Flusher, path: Path) -> None:
    with _listening(path) as listener:
        sent = 0
        while not tap.lost.read():
            _offer(tap, 3000)
            sent += 3000
            flusher.flush()
        assert set(tap.lost.read()) == {Reason.SIDECAR_SLOW}
        with listener.accept()[0] as connection:
            frames = _read(connection)
            _offer(tap, 1)
            flusher.flush()
            frames += _read(connection)
    assert sum(len(frame.scores) for frame in frames) + sum(map(_dropped, frames)) == sent + 1
    assert tap.lost.read() == {}


def test_what_was_lost_is_told_though_nobody_asks_any_more(tap: Tap, flusher: Flusher, path: Path) -> None:
    _offer(tap, 3)
    flusher.flush()
    with _listening(path) as listener:
        flusher.flush()
        flusher.flush()
        with listener.accept()[0] as connection:
            (frame,) = _read(connection)
    assert (len(frame.scores), _dropped(frame)) == (0, 3)


def test_a_sidecar_that_begins_again_is_found_at_once(tap: Tap, flusher: Flusher, path: Path) -> None:
    with _listening(path) as listener:
        _offer(tap, 1)
        flusher.flush()
        listener.accept()[0].close()
    with _listening(path) as listener:
        _offer(tap, 3)
        flusher.flush()
        with listener.accept()[0] as connection:
            assert [len(frame.scores) for frame in _read(connection)] == [3]
    assert tap.lost.read() == {}


def test_between_two_sidecars_rows_are_counted(tap: Tap, flusher: Flusher, path: Path) -> None:
    with _listening(path) as listener:
        _offer(tap, 1)
        flusher.flush()
        listener.accept()[0].close()
    _offer(tap, 5)
    flusher.flush()
    assert tap.lost.read() == {Reason.NO_SIDECAR: 5}
