"""The sidecar's supervisor with real processes: whatever becomes of the child, it stays, tells, and begins again."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from churn_models.bundle import Bundle
from churn_models.drift.report import Report
from support.drift_sidecar import RunningSidecar, children_of, drift_sidecar, peak_mebibytes
from support.eventually import eventually, seconds_until
from support.figures import record
from support.free_port import free_port
from support.probe import probe
from support.processes import Process

_SECONDS = 60
_GREEDY = "import time; taken = b'x' * (64 << 20); time.sleep(60)"
_STUBBORN = "import time, signal as s; s.signal(s.SIGTERM, s.SIG_IGN); print('ready', flush=True); time.sleep(60)"


@pytest.fixture
def sidecar(bundle: Bundle, tmp_path: Path) -> Iterator[RunningSidecar]:
    with drift_sidecar(bundle, tmp_path / "tap.sock", tmp_path / "log") as running:
        yield running


def test_a_child_that_is_killed_begins_again_at_the_same_port(sidecar: RunningSidecar) -> None:
    before, child = sidecar.report(), sidecar.child
    os.kill(child, signal.SIGKILL)
    after = eventually(lambda: _report_of_another(sidecar, before.instance), _SECONDS)
    assert (after.rows, after.digest) == (0, before.digest)
    assert sidecar.child != child
    assert "has ended by SIGKILL; it begins again in 1 s" in sidecar.process.log.read_text()
    assert record("drift_supervisor_mib", peak_mebibytes(sidecar.process.pid), "MiB, its peak", "<= 12").holds
    assert "numpy" not in Path(f"/proc/{sidecar.process.pid}/maps").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_end_when_they_are_asked_to(sidecar: RunningSidecar, number: signal.Signals) -> None:
    child = sidecar.child
    os.kill(sidecar.process.pid, number)
    seconds = seconds_until(lambda: not sidecar.process.running(), _SECONDS)
    # The other processes of a busy machine take of it, too.
    record("drift_end_s", seconds, "s, from SIGTERM to the end of sidecar and supervisor", "<= 1")
    assert sidecar.process.wait(0) == 0
    assert not _exists(child)


def test_no_child_outlives_its_supervisor(sidecar: RunningSidecar) -> None:
    child = sidecar.child
    os.kill(child, signal.SIGSTOP)
    os.kill(sidecar.process.pid, signal.SIGKILL)
    eventually(lambda: not _exists(child), _SECONDS)


class Fault(NamedTuple):
    """Why a sidecar cannot begin: its options, and what is told of it."""

    options: tuple[str, ...]
    told: str


def _faults(bundle: Bundle, empty: Path) -> dict[str, Fault]:
    here = ("--bundle", str(bundle.folder))
    return {
        "no bundle": Fault(("--bundle", str(empty)), "error (ManifestInvalid)"),
        "no engine": Fault((*here, "--engine", "alibi-detect"), "error (EngineMissing)"),
        "no such option": Fault((*here, "--colour", "red"), "No such option: --colour"),
    }


def test_what_it_cannot_work_with_is_told_once_in_each_attempt(bundle: Bundle, tmp_path: Path) -> None:
    started = {}
    for name, fault in _faults(bundle, tmp_path).items():
        options = [*fault.options, "--tap", str(tmp_path / f"{name}.sock"), "--port", str(free_port())]
        command = [sys.executable, "-m", "churn_runtimes", "drift", *options]
        started[name] = fault, Process(command, tmp_path / name, os.environ)
    try:
        for fault, process in started.values():
            log = eventually(lambda: _log_with(process, "begins again in 2 s"), _SECONDS)  # noqa: B023
            # The next attempt may have told it already, and not have ended.
            assert log.count(fault.told) - log.count("begins again") in (0, 1), log
            assert "Traceback" not in log
            assert process.running()
    finally:
        assert {process.stop() for _, process in started.values()} == {0}


def test_one_that_has_too_much_memory_is_ended_and_begins_again(tmp_path: Path) -> None:
    process = _supervised(_GREEDY, tmp_path / "log", bound=48 << 20)
    try:
        log = eventually(lambda: _log_with(process, "begins again"), _SECONDS)
        assert "MiB of memory and may have 48: it is ended" in log
        assert "has ended by SIGKILL" in log
        eventually(lambda: children_of(process.pid), _SECONDS)
    finally:
        assert process.stop() == 0


def test_one_that_does_not_end_is_ended(tmp_path: Path) -> None:
    process = _supervised(_STUBBORN, tmp_path / "log")
    eventually(lambda: _log_with(process, "ready"), _SECONDS)
    (child,) = children_of(process.pid)
    assert process.stop() == 0
    assert not _exists(child)


def _supervised(code: str, log: Path, bound: int | None = None) -> Process:
    command = [sys.executable, "-c", code]
    supervisor = f"from churn_runtimes.drift.supervisor import supervise; supervise({command!r}, {bound})"
    return Process([sys.executable, "-c", supervisor], log, os.environ)


def _report_of_another(sidecar: RunningSidecar, instance: str) -> Report:
    answer = probe(f"{sidecar.url}/report")
    assert answer, "no answer"
    said = Report.read(answer.content)
    assert said.instance != instance
    return said


def _log_with(process: Process, words: str) -> str:
    text = process.log.read_text()
    assert words in text, text
    return text


def _exists(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"
