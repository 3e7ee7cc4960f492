"""Process 1 of the sidecar's container stays, whatever the processes beside it have taken or ended."""

import errno
import os
import signal
import threading
from collections.abc import Iterator

import pytest
from churn_runtimes.drift import supervisor


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM], ids=["no process is left", "no memory is left"])
def test_a_child_that_cannot_be_started_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    tried = []

    def start(command: list[str], blocked: object) -> int:
        tried.append(command)
        if len(tried) == 2:
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(supervisor, "start", start)
    monkeypatch.setattr(supervisor, "next_pause", lambda before, ran: 0)
    supervisor.supervise(["sidecar"], None)
    assert len(tried) == 2
    assert f"cannot be started: {os.strerror(number)}" in capsys.readouterr().err


def test_a_signal_without_a_name_is_told_by_its_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "start", lambda command, blocked: 1)
    monkeypatch.setattr(supervisor, "reap", lambda child: -40)
    monkeypatch.setattr(supervisor, "next_pause", lambda before, ran: 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
    signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    supervisor.supervise(["sidecar"], None)
    assert "ended by signal 40" in capsys.readouterr().err
