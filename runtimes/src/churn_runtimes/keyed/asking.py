"""Asks the state store in threads, and waits for no more than a deadline: the event loop never stands still.

After some answers in a row that did not come, a store is taken for away: one request at a time asks it, and the others
are told so at once. So a store that hangs costs hardly any request its deadline, and none a place in a queue. One that
does not take the password is told of at once, also where it was away before: waiting does not help.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from churn_models.errors import ChurnModelsError

from churn_runtimes.state.errors import StateDenied

logger = logging.getLogger(__name__)

_MISSES = 3
"""In a row: one alone may be a pause of this process."""

Store = TypeVar("Store")
Found = TypeVar("Found")
Answer = TypeVar("Answer")


class Miss(Enum):
    """Why there is no answer."""

    LATE = "late"
    AWAY = "away"
    DENIED = "denied"


class _Question:
    """One, as far as its thread has come: what this process takes itself says nothing of the store."""

    def __init__(self) -> None:
        self.is_open = False
        """The store is asked now."""


class Asking(Generic[Store]):
    """Of one server. Each of the stores is used by one thread at a time."""

    def __init__(self, stores: Sequence[Store], deadline: float) -> None:
        self._deadline = deadline
        self._idle: SimpleQueue[Store] = SimpleQueue()
        for store in stores:
            self._idle.put(store)
        self._threads = ThreadPoolExecutor(len(stores), "state")
        self._under_way: set[asyncio.Future[Any]] = set()
        self._misses = 0
        self._is_denied = False
        """Whether the last that went wrong was a denial."""

    def begin(self, call: Callable[[Store], object]) -> None:
        """Have each store called once, so that no request waits for its first connection."""
        first, *_ = [self._threads.submit(self._read, _Question(), call) for _ in range(self._idle.qsize())]
        first.add_done_callback(_tell)

    async def ask(
        self, read: Callable[[Store], Found], then: Callable[[Found], Answer], longer: float = 0.0
    ) -> Answer | Miss:
        """What `then` makes of what was read, within the deadline and `longer` seconds.

        An answer that comes later is only heard of, to know that the store is there.
        """
        if self._misses >= _MISSES and self._under_way:
            return self._why_not()
        question = _Question()
        future = asyncio.get_running_loop().run_in_executor(self._threads, self._answer, question, read, then)
        self._under_way.add(future)
        future.add_done_callback(self._ended)
        await asyncio.wait({future}, timeout=self._deadline + longer)
        if not future.done():
            if question.is_open:
                self._missed(f"no answer within {(self._deadline + longer) * 1000:.0f} ms")
            return Miss.LATE
        return self._why_not() if future.cancelled() or future.exception() else future.result()

    def close(self) -> None:
        """Ask nobody any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _answer(self, question: _Question, read: Callable[[Store], Found], then: Callable[[Found], Answer]) -> Answer:
        found = self._read(question, read)
        return then(found)

    def _read(self, question: _Question, read: Callable[[Store], Found]) -> Found:
        store = self._idle.get()
        question.is_open = True
        try:
            return read(store)
        finally:
            question.is_open = False
            self._idle.put(store)

    def _ended(self, future: asyncio.Future[Any]) -> None:
        self._under_way.discard(future)
        if future.cancelled():
            return
        if (error := future.exception()) is None:
            if self._misses >= _MISSES or self._is_denied:
                logger.info("the state store is back")
            self._misses, self._is_denied = 0, False
        elif isinstance(error, StateDenied):
            self._denied(error)
        elif isinstance(error, ChurnModelsError):
            self._missed(str(error))
        else:
            logger.error("asking the state store failed", exc_info=error)
            self._missed(repr(error))

    def _why_not(self) -> Miss:
        return Miss.DENIED if self._is_denied else Miss.AWAY

    def _denied(self, error: StateDenied) -> None:
        self._misses += 1
        if not self._is_denied:
            self._is_denied = True
            logger.error("rows that name their customer are scored without features of the stream: %s", error)

    def _missed(self, why: str) -> None:
        self._misses, self._is_denied = self._misses + 1, False
        if self._misses == _MISSES:
            logger.warning("rows that name their customer are scored without features of the stream: %s", why)


def _tell(future: Future[object]) -> None:
    if not future.cancelled() and (error := future.exception()):
        logger.warning("nothing comes from the state store yet: %s", error)
