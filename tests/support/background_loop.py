"""An asyncio part of the tests' rig in a thread of its own, ended with the `with` block that started it."""

import asyncio
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

_STOP_SECONDS = 10


class BackgroundLoop(ABC):
    """Runs `work` in an event loop until the block ends; an exception of `work` is raised at the end."""

    def __init__(self) -> None:
        self._started = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        if self._error:
            raise self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(_STOP_SECONDS)
        if self._error and error is None:
            raise self._error

    @abstractmethod
    async def work(self) -> None:
        """What runs; calls `ready` once when others may use it, and is cancelled at the end."""

    def ready(self) -> None:
        """Give control back to the `with` statement."""
        self._started.set()

    def failed(self, error: BaseException) -> None:
        """Remember an error of a part that runs beside `work`; it is raised at the end."""
        self._error = self._error or error

    def _run(self) -> None:
        try:
            asyncio.run(self._guarded())
        except Exception as error:
            self._error = error
        finally:
            self._started.set()

    async def _guarded(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._task = asyncio.ensure_future(self.work())
        try:
            await self._task
        except asyncio.CancelledError:
            return
