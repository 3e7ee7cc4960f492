"""Waiting for a condition instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

_PAUSE_SECONDS = 0.05


def eventually(check: Callable[[], Found], seconds: float, pause: float = _PAUSE_SECONDS) -> Found:
    """The first true answer of `check`. Raises AssertionError with the last answer, or its error, at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if answer := check():
                return answer
            last: object = answer
        except AssertionError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {last}")
        time.sleep(pause)


def seconds_until(check: Callable[[], object], seconds: float) -> float:
    """How long `check` took to become true. Raises AssertionError at the deadline."""
    began = time.monotonic()
    eventually(check, seconds)
    return time.monotonic() - began
