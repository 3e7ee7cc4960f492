"""A watcher or a loop that is gone ends the process, but not where all of them end because it was told to."""

import asyncio
import logging
import os

import pytest
from churn_operator.loops import Loops
from churn_operator.watchdog import Watchdog
from support.fake_time import run

WATCHERS = ("watcher for churnmodels@churn", "watcher for pods@churn")
_MINUTE = 60.0


class Exited(Exception):
    """Stands for os._exit."""


def _exit(code: int) -> None:
    raise Exited(code)


async def _idle() -> float:
    return 1.0


async def _watch(watchers: tuple[str, ...], ending: tuple[str, ...], told: bool) -> None:
    """A minute with these watchers, of which some end after 20 s, after a SIGTERM where it is told."""
    tasks = {name: asyncio.create_task(asyncio.Event().wait(), name=name) for name in watchers}
    loops, told_to_end = Loops(), asyncio.Event()
    loops.start("poll", _idle)
    watchdog = Watchdog(loops, lambda: len(WATCHERS), told_to_end)
    until = asyncio.get_running_loop().time() + _MINUTE
    while (now := asyncio.get_running_loop().time()) < until:
        if now >= 20.0:
            if told:
                told_to_end.set()
            for name in ending:
                (tasks[name] if name in tasks else loops._tasks["poll"]).cancel()
        await asyncio.sleep(await watchdog.look())
    await loops.stop()


@pytest.mark.parametrize(
    ("watchers", "ending", "told", "exits"),
    [
        pytest.param(WATCHERS, (), False, False, id="all are well"),
        pytest.param(WATCHERS[:1], (), False, True, id="one watcher never started"),
        pytest.param(WATCHERS, WATCHERS[:1], False, True, id="one watcher died"),
        pytest.param(WATCHERS, WATCHERS, False, True, id="all watchers died"),
        pytest.param(WATCHERS, ("a loop of ours",), False, True, id="a loop of ours died"),
        pytest.param(WATCHERS, WATCHERS, True, False, id="the operator was told to end"),
    ],
)
def test_what_is_gone_ends_the_process(
    monkeypatch: pytest.MonkeyPatch, watchers: tuple[str, ...], ending: tuple[str, ...], told: bool, exits: bool
) -> None:
    monkeypatch.setattr(os, "_exit", _exit)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    if exits:
        with pytest.raises(Exited, match="70"):
            run(_watch(watchers, ending, told))
    else:
        run(_watch(watchers, ending, told))
