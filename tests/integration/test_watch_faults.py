"""Each way a watch can break: the next edit is handled, or the process exits non-zero, within 30 seconds."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from churn_operator.handlers import WATCHED
from support.churn_model_handle import ChurnModelHandle
from support.eventually import eventually, seconds_until
from support.fault_proxy import FaultProxy
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.stream_fault import StreamFault

HEALED_SECONDS = 30
_REFUSED_SECONDS = 5.0
_REFUSED_LONG_SECONDS = 20.0


class Fault(NamedTuple):
    """What is done to the watches, and how long it lasts."""

    name: str
    happen: Callable[[FaultProxy], object]
    lasts: float = 0.0


FAULTS = [
    Fault("error 500 in the stream", lambda proxy: proxy.break_watches(StreamFault.ERROR_IN_STREAM)),
    Fault("error 410 in the stream", lambda proxy: proxy.break_watches(StreamFault.EXPIRED_IN_STREAM)),
    Fault("half a line", lambda proxy: proxy.break_watches(StreamFault.HALF_LINE)),
    Fault("frozen connection", lambda proxy: proxy.break_watches(StreamFault.FREEZE)),
    Fault("closed stream", lambda proxy: proxy.break_watches(StreamFault.CLOSE)),
    Fault("410 to watches", lambda proxy: proxy.refuse(410, _REFUSED_SECONDS, watches_only=True), _REFUSED_SECONDS),
    Fault("504 to watches", lambda proxy: proxy.refuse(504, _REFUSED_SECONDS, watches_only=True), _REFUSED_SECONDS),
    Fault("401 to everything", lambda proxy: proxy.refuse(401, _REFUSED_SECONDS), _REFUSED_SECONDS),
    Fault("403 to everything", lambda proxy: proxy.refuse(403, _REFUSED_SECONDS), _REFUSED_SECONDS),
    Fault("503 to everything", lambda proxy: proxy.refuse(503, _REFUSED_SECONDS), _REFUSED_SECONDS),
    Fault(
        "503 to watches for long",
        lambda proxy: proxy.refuse(503, _REFUSED_LONG_SECONDS, watches_only=True),
        _REFUSED_LONG_SECONDS,
    ),
]


@pytest.fixture(scope="module")
def healed() -> Iterator[dict[str, float]]:
    """Seconds per fault; the longest is recorded."""
    seconds: dict[str, float] = {}
    yield seconds
    if seconds:
        assert record("watch_fault_s_max", max(seconds.values()), "s", f"<= {HEALED_SECONDS}").holds, seconds


@pytest.fixture(scope="module")
def watcher(rig: Rig) -> Iterator[RunningOperator]:
    """One operator for all faults: each has to leave it, or the one that starts after it, as it was."""
    with rig.operator([rig.namespace()]) as operator:
        yield operator


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_broken_watch_heals_or_ends_the_process(
    rig: Rig, watcher: RunningOperator, fault: Fault, healed: dict[str, float]
) -> None:
    name = rig.name()
    rig.champion(name)
    model = rig.create(watcher.namespaces[0], name)
    model.wait_ready()
    eventually(lambda: watcher.proxy.open_watches >= len(WATCHED), HEALED_SECONDS)
    watches = watcher.proxy.open_watches
    fault.happen(watcher.proxy)
    seconds_until(lambda: not watcher.proxy.refuses, fault.lasts + 1)
    # The first edit may be handled by the retry of a reconcile that failed; only the second one needs a watch.
    healed[fault.name] = max(_seconds_to_handle(rig, watcher, model, replicas) for replicas in (3, 4))
    # Both edits can be handled by a process that has lost a watch and is about to end for it.
    eventually(lambda: not watcher.process.running() or watcher.proxy.open_watches >= watches, HEALED_SECONDS)
    if not watcher.process.running():
        assert watcher.process.wait(1) != 0
        watcher.process.start()
    model.wait_ready()
    assert _handled(model, 4)


def _seconds_to_handle(rig: Rig, operator: RunningOperator, model: ChurnModelHandle, replicas: int) -> float:
    """Edit the ChurnModel and delete a child; how long until both are handled, or the process has ended."""
    model.change(serving={"replicas": replicas})
    if model.children("Service"):
        rig.kube.delete(model.child_path("Service"))
    return seconds_until(lambda: not operator.process.running() or _handled(model, replicas), HEALED_SECONDS)


def _handled(model: ChurnModelHandle, replicas: int) -> bool:
    return model.deployment()["spec"]["replicas"] == replicas and bool(model.children("Service"))
