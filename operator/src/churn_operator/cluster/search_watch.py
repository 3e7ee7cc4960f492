"""Asks MLflow how far searches have come: their workers tell it there, and pods hold no rights to tell the cluster.

A reconcile reads what was heard last and never waits.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from churn_models.errors import RegistryError
from churn_models.search_progress import SearchProgress

from churn_operator.decide.observed import Observed
from churn_operator.queue import Key

_TICK_SECONDS = 1.0
_SECONDS = 30.0
"""For one answer."""


class TellsProgress(Protocol):
    """What is needed of `model_registry`."""

    def search_progress(self, experiment: str) -> Awaitable[SearchProgress | None]:
        """As the workers have told last."""


@dataclass
class _Asked:
    experiment: str
    study: str
    due: float = 0.0
    progress: SearchProgress | None = None


@dataclass
class SearchWatch:
    """What was heard last, by ChurnModel. `changed` is called with those that have something new to read."""

    registry: TellsProgress
    changed: Callable[[Key], None]
    every_seconds: float
    _asked: dict[Key, _Asked] = field(default_factory=dict)

    def observe(self, observed: Observed) -> Observed:
        """The same with the progress of its search, from memory. It is asked for until something serves."""
        key, search = (observed.model.namespace, observed.model.name), observed.search
        if search is None or observed.deployed is not None:
            self.forget(key)
            return observed
        asked = self._asked.get(key)
        if asked is None or asked.study != search.study:
            self._asked[key] = asked = _Asked(observed.model.spec.model.name, search.study)
        return replace(observed, search=replace(search, progress=asked.progress))

    def forget(self, key: Key) -> None:
        """Nothing is searched for it, or it is gone."""
        self._asked.pop(key, None)

    async def turn(self) -> float:
        """Ask for what is due, one after the other. A turn of a loop."""
        for key, asked in tuple(self._asked.items()):
            if asked.due <= _now():
                await self._hear(key, asked)
                asked.due = _now() + self.every_seconds
        return _TICK_SECONDS

    async def _hear(self, key: Key, asked: _Asked) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                told = await self.registry.search_progress(asked.experiment)
        except (RegistryError, TimeoutError):
            # That MLflow is away is told where more depends on it; the search goes on without.
            return
        # The name in the storage has a digest behind it; another search may have told of itself before.
        if told and told.study.startswith(f"{asked.study}-") and told != asked.progress:
            asked.progress = told
            self.changed(key)


def _now() -> float:
    return asyncio.get_running_loop().time()
