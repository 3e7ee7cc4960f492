"""One task asks MLflow for all models and keeps what it answered; a reconcile reads that and never waits.

Each source is asked again 30 s after its last answer, beside the others: one that is slow or hangs delays no other.
Who has asked for a source is enqueued when its answer changes, when it was first had, and when it is too old.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol

from churn_models.errors import BundleError, RegistryError, RegistryUnreachable, VersionNotFound

from churn_operator.api.model_source import ModelSource
from churn_operator.api.status import Reason
from churn_operator.cluster.model_registry import AT_ONCE
from churn_operator.decide.observed import Target, TargetProblem
from churn_operator.decide.target import Answer, Heard, Identity, Recorded, Wanted, find_target
from churn_operator.metrics import REGISTRY_ANSWERS
from churn_operator.queue import Key

_PATIENCE_SECONDS = 5.0
"""How long a first answer is waited for before the ChurnModel goes on without one."""
_OLD_POLLS, _LEAST_OLD_SECONDS = 3, 10.0
_SLOW_AT_ONCE = AT_ONCE // 4
"""Sources that had no answer may take so many places: they hang longest, and there may be many."""
_TICK_SECONDS = 1.0
_LONGEST_SECONDS = 90.0
"""For all requests of one question, each of which has a deadline of its own."""


class AsksMlflow(Protocol):
    """What is needed of `model_registry`."""

    def resolve(self, wanted: Wanted) -> Awaitable[tuple[str, bool]]:
        """The wanted version, and whether it is the first champion."""

    def identify(self, model: str, version: str) -> Awaitable[Identity]:
        """What its manifest is."""

    def set_alias(self, model: str, alias: str, version: str, over: str | None) -> Awaitable[None]:
        """Point an alias at a version, in place of that one alone; None: whatever it names."""

    def set_tag(self, model: str, version: str, key: str, value: str) -> Awaitable[None]:
        """Tag a version."""


class _Role(Enum):
    """What a ChurnModel asks a source for."""

    TARGET = auto()  # what it shall serve
    CHALLENGER = auto()  # what it may try


@dataclass
class _Source:
    """What is known of one source, and who wants to know."""

    since: float
    due: float
    keys: set[Key] = field(default_factory=set)
    answer: Answer | None = None
    asked: float = 0.0
    """When the question of the last answer began."""
    answered: float = 0.0
    wishes: int = 0
    """How often somebody wanted it asked soon."""
    silence: TargetProblem | None = None
    needs_identity: bool = False
    task: asyncio.Task[None] | None = None
    told: Heard | None = None
    """What those who want to know were last enqueued for."""


class RegistryWatch:
    """Answers by source. `changed` is called with each ChurnModel that has something new to read."""

    def __init__(self, registry: AsksMlflow, changed: Callable[[Key], None], poll_seconds: float) -> None:
        self._registry = registry
        self._changed = changed
        self._poll_seconds = poll_seconds
        self._old_seconds = max(_OLD_POLLS * poll_seconds, _LEAST_OLD_SECONDS)
        self._sources: dict[Wanted, _Source] = {}
        self._by_key: dict[tuple[Key, _Role], Wanted] = {}
        self._wake = asyncio.Event()
        self._places = asyncio.Semaphore(AT_ONCE - _SLOW_AT_ONCE)
        self._slow_places = asyncio.Semaphore(_SLOW_AT_ONCE)

    def heard_of(self, key: Key, source: ModelSource) -> bool:
        """Whether anything can be said of the source; if not, the ChurnModel is enqueued once it can."""
        heard = self._heard(self._watched(key, source))
        return heard.answer is not None or heard.silence is not None

    def find_target(self, key: Key, source: ModelSource, recorded: Iterable[Recorded]) -> Target | TargetProblem | None:
        """As `decide.target` has it, from memory; where it is not known yet, the ChurnModel is enqueued once it is."""
        return self._find(self._watched(key, source), source, recorded)

    def find_challenger(
        self, key: Key, source: ModelSource | None, recorded: Iterable[Recorded]
    ) -> Target | TargetProblem | None:
        """The same of what may be tried; None, too, where nothing is, and then nobody asks for it."""
        if source is None:
            self._leave(key, _Role.CHALLENGER)
            return None
        return self._find(self._watched(key, source, _Role.CHALLENGER), source, recorded)

    def _find(
        self, watched: _Source, source: ModelSource, recorded: Iterable[Recorded]
    ) -> Target | TargetProblem | None:
        target = find_target(source, self._heard(watched), recorded)
        if target is None and watched.answer and not watched.needs_identity:
            watched.needs_identity = True
            self._ask_soon(watched)
        return target

    def is_asked_since(self, seconds: float, key: Key, source: ModelSource) -> bool:
        """Whether the last answer is to a question of the last so many seconds; if not, it is asked soon."""
        watched = self._watched(key, source)
        since = asyncio.get_running_loop().time() - max(seconds, 0.0)
        if watched.answer and watched.asked >= since:
            return True
        self._ask_soon(watched)
        return False

    async def set_alias(self, model: str, alias: str, version: str, over: str | None = None) -> None:
        """Point an alias at a version, as `AsksMlflow` has it, and read soon what is so now. Raises RegistryError."""
        try:
            await self._registry.set_alias(model, alias, version, over)
        finally:
            for wanted, source in self._sources.items():
                if wanted.model == model:
                    self._ask_soon(source)

    async def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Tag a version. Raises RegistryError."""
        await self._registry.set_tag(model, version, key, value)

    def forget(self, key: Key) -> None:
        """A ChurnModel that is gone; its sources are asked for no more unless others follow them."""
        for role in _Role:
            self._leave(key, role)

    def _leave(self, key: Key, role: _Role) -> None:
        wanted = self._by_key.pop((key, role), None)
        if wanted and (source := self._sources.get(wanted)):
            source.keys.discard(key)
            if not source.keys:
                del self._sources[wanted]

    def close(self) -> None:
        """Let go of every question that has no answer yet: the process ends, and would wait for them."""
        for source in self._sources.values():
            if source.task:
                source.task.cancel()

    async def turn(self) -> float:
        """Ask for what is due, and tell who should read again. A turn of a loop, which waits for no answer."""
        now = asyncio.get_running_loop().time()
        for wanted, source in tuple(self._sources.items()):
            if source.due <= now and (source.task is None or source.task.done()):
                source.task = asyncio.create_task(self._ask(wanted, source))
            self._tell(source)
        self._wake.clear()
        try:
            async with asyncio.timeout(_TICK_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass
        return 0.0

    def _watched(self, key: Key, source: ModelSource, role: _Role = _Role.TARGET) -> _Source:
        wanted = Wanted.of(source)
        if self._by_key.get((key, role)) != wanted:
            self._leave(key, role)
            self._by_key[key, role] = wanted
        if wanted not in self._sources:
            now = asyncio.get_running_loop().time()
            self._sources[wanted] = _Source(now, now)
            self._wake.set()
        self._sources[wanted].keys.add(key)
        return self._sources[wanted]

    def _heard(self, source: _Source) -> Heard:
        now = asyncio.get_running_loop().time()
        if source.answer is None:
            waited = now - source.since > _PATIENCE_SECONDS
            return Heard(None, source.silence or (_unanswered("it has not answered yet") if waited else None))
        if now - source.answered <= self._old_seconds:
            return Heard(source.answer, source.silence)
        since = f"it has not answered for more than {self._old_seconds:g} s"
        return Heard(None, source.silence or _unanswered(since))

    def _ask_soon(self, source: _Source) -> None:
        source.due = asyncio.get_running_loop().time()
        source.wishes += 1
        self._wake.set()

    async def _ask(self, wanted: Wanted, source: _Source) -> None:
        async with self._slow_places if source.silence else self._places:
            wishes, asked = source.wishes, asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(_LONGEST_SECONDS):
                    answer = await self._answer(wanted, source)
            except Exception as error:
                source.silence = _silence(error)
                REGISTRY_ANSWERS.labels(source.silence.reason).inc()
            else:
                source.answer, source.silence, source.asked = answer, None, asked
                source.answered = asyncio.get_running_loop().time()
                REGISTRY_ANSWERS.labels("answered").inc()
        pause = 0.0 if source.wishes != wishes else self._poll_seconds * random.uniform(0.9, 1.1)
        source.due = asyncio.get_running_loop().time() + pause
        self._tell(source)
        self._wake.set()

    async def _answer(self, wanted: Wanted, source: _Source) -> Answer:
        """Raises RegistryError where there was none."""
        try:
            version, first_champion = await self._registry.resolve(wanted)
        except VersionNotFound as error:
            return Answer(problem=TargetProblem(Reason.VERSION_NOT_FOUND, str(error)))
        before = source.answer
        if before and before.version == version and isinstance(before.identity, Identity):
            return Answer(version, first_champion, before.identity)
        return Answer(version, first_champion, await self._identity(wanted, version) if source.needs_identity else None)

    async def _identity(self, wanted: Wanted, version: str) -> Identity | TargetProblem:
        try:
            return await self._registry.identify(wanted.model, version)
        except BundleError as error:
            return TargetProblem(Reason.ARTIFACT_INVALID, str(error))

    def _tell(self, source: _Source) -> None:
        heard = self._heard(source)
        if heard.answer and (heard.answer.identity or not source.needs_identity):
            # A question without an answer is nothing new while the answer before holds.
            heard = Heard(heard.answer, None)
        if heard in (source.told, Heard(None, None)):
            return
        source.told = heard
        for key in tuple(source.keys):
            self._changed(key)


def _silence(error: Exception) -> TargetProblem:
    if isinstance(error, TimeoutError):
        return _unanswered(f"it has not answered within {_LONGEST_SECONDS:g} s")
    if isinstance(error, RegistryUnreachable):
        return TargetProblem(Reason.REGISTRY_UNREACHABLE, str(error))
    if isinstance(error, RegistryError):
        return TargetProblem(Reason.REGISTRY_ERROR, str(error))
    return TargetProblem(Reason.REGISTRY_ERROR, f"MLflow's answer was not understood: {error!r}")


def _unanswered(words: str) -> TargetProblem:
    return TargetProblem(Reason.REGISTRY_UNREACHABLE, f"MLflow: {words}")
