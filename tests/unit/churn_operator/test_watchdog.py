"""A watcher that dies ends the process, but not where kopf ends them all because it was told to."""

import asyncio
import logging
import os
import signal

import pytest
from churn_operator import watchdog

WATCHERS = ("watcher for churnmodels@churn", "watcher for pods@churn")


class Exited(Exception):
    """Stands for os._exit."""


def _exit(code: int) -> None:
    raise Exited(code)


async def _watch_while_ending(names: tuple[str, ...], told: bool) -> None:
    """The watchdog beside watchers, of which some end, after a SIGTERM where it is told."""
    tasks = {name: asyncio.create_task(asyncio.Event().wait(), name=name) for name in WATCHERS}
    told_to_end = asyncio.Event()
    dog = asyncio.create_task(watchdog.watch_the_watchers(len(WATCHERS), told_to_end))
    await asyncio.sleep(0)
    if told:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(told_to_end.wait(), 1)
    for name in names:
        tasks[name].cancel()
    await asyncio.wait({dog}, timeout=0.1)
    if dog.done():
        await dog
    dog.cancel()


@pytest.mark.parametrize(
    ("ending", "told", "exits"),
    [
        pytest.param((), False, False, id="all are well"),
        pytest.param(WATCHERS[:1], False, True, id="one watcher died"),
        pytest.param(WATCHERS, False, True, id="all watchers died"),
        pytest.param(WATCHERS, True, False, id="the operator was told to end"),
    ],
)
def test_a_dead_watcher_ends_the_process_unless_it_is_ending(
    monkeypatch: pytest.MonkeyPatch, ending: tuple[str, ...], told: bool, exits: bool
) -> None:
    monkeypatch.setattr(watchdog, "_PERIOD_SECONDS", 0.01)
    monkeypatch.setattr(os, "_exit", _exit)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    if exits:
        with pytest.raises(Exited, match="70"):
            asyncio.run(_watch_while_ending(ending, told))
    else:
        asyncio.run(_watch_while_ending(ending, told))
