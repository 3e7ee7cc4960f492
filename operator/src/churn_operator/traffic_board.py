"""What is wanted of the serving pods of every ChurnModel now: reconciles say it, `traffic_server` reads it.

In memory alone: after a restart the first reconcile of a ChurnModel says it again, as the audit chain has it.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from churn_models.traffic import Traffic

from churn_operator.errors import NotFound, Unreachable
from churn_operator.queue import Key

FRESH_SECONDS = 30.0
"""Of a word that tries something. A reconcile says it every few seconds; a weight that nobody judges any more is not to
stay in force, and expires in the pods when they hear nothing. A way back does not: pods that start have to hear it."""


class Word(Protocol):
    """What is wanted of all pods of one ChurnModel."""

    def for_pod(self, pod: str) -> Traffic:
        """The same for one of them, by its name."""


@dataclass(frozen=True)
class _Said:
    word: Word
    at: float


@dataclass
class TrafficBoard:
    """The words of one process."""

    clock: Callable[[], float] = time.monotonic
    _said: dict[Key, _Said] = field(default_factory=dict)
    _unsaid: dict[str, set[str]] = field(default_factory=dict)
    """By namespace that was listed, the ChurnModels there of which nothing has been said yet."""
    _changes: dict[Key, asyncio.Event] = field(default_factory=dict)
    """The next one of each, where somebody has waited for it."""

    def say(self, key: Key, word: Word) -> None:
        """From now on. What it tells of must be on record."""
        before = self._said.get(key)
        self._said[key] = _Said(word, self.clock())
        # The same is said every few seconds.
        if before is None or before.word != word:
            self._has_changed(key)

    async def change(self, key: Key) -> None:
        """Wait until another word is said, or the ChurnModel is forgotten."""
        await self._changes.setdefault(key, asyncio.Event()).wait()

    def listed(self, namespace: str, names: Iterable[str]) -> None:
        """These ChurnModels are there, and no others."""
        self._unsaid[namespace] = {name for name in names if (namespace, name) not in self._said}

    def forget(self, key: Key) -> None:
        """A ChurnModel that is gone."""
        self._said.pop(key, None)
        self._unsaid.get(key[0], set()).discard(key[1])
        self._has_changed(key)

    def forget_namespace(self, namespace: str) -> None:
        """One that is no longer watched."""
        self._unsaid.pop(namespace, None)
        for key in [key for key in self._said if key[0] == namespace]:
            self.forget(key)

    def knows(self, key: Key) -> bool:
        """Whether there is such a ChurnModel, as far as was heard."""
        return key in self._said or key[1] in self._unsaid.get(key[0], ())

    def answer(self, key: Key, pod: str) -> Traffic:
        """For a pod that asks. Raises NotFound where there is no such ChurnModel, Unreachable where nobody knows."""
        namespace, name = key
        if (said := self._said.get(key)) is None:
            if namespace in self._unsaid and name not in self._unsaid[namespace]:
                raise NotFound(f"there is no ChurnModel {namespace}/{name}")
            raise Unreachable(f"nothing is known of {namespace}/{name} yet")
        traffic = said.word.for_pod(pod)
        if _expires(traffic) and self.clock() - said.at > FRESH_SECONDS:
            raise Unreachable(f"{namespace}/{name} was not looked at for {FRESH_SECONDS:.0f} s")
        return traffic

    def _has_changed(self, key: Key) -> None:
        if (change := self._changes.pop(key, None)) is not None:
            change.set()


def _expires(traffic: Traffic) -> bool:
    return traffic.candidate is not None and not traffic.previous
