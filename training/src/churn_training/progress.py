"""What a person sees while training works: one line per step with the time it took."""

import re
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import typer

_TELL_SECONDS = 5.0
_notes: list[list[str]] = []
"""Of each step that is under way, the innermost last."""

Batch = TypeVar("Batch")


def say(text: str) -> None:
    """Print one line at once, to a terminal or to a Job's log."""
    typer.echo(text)


def note(text: str) -> None:
    """Say it when the step under way has ended, so that it does not break into the step's line; at once without one."""
    if _notes:
        _notes[-1].append(text)
    else:
        say(text)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Announce a step, and say how long it took when it is done, and below it what libraries warned of."""
    typer.echo(f"  {name} … ", nl=False)
    started = time.perf_counter()
    notes: list[str] = []
    _notes.append(notes)
    with warnings.catch_warnings(record=True) as warned:
        try:
            yield
        except BaseException:
            typer.echo("failed")
            _say_below(notes)
            raise
        finally:
            _notes.pop()
    typer.echo(f"{time.perf_counter() - started:.1f} s")
    _say_below([f"warning: {text}" for text in dict.fromkeys(_in_one_line(warning.message) for warning in warned)])
    _say_below(notes)


def _say_below(texts: Iterable[str]) -> None:
    for text in texts:
        typer.echo(f"    {text}")


def progress(
    batches: Iterable[Batch], rows: Callable[[Batch], int], monotonic: Callable[[], float] = time.monotonic
) -> Iterator[Batch]:
    """The same batches; while it takes long, the rows so far are told now and then."""
    done, told = 0, monotonic()
    for batch in batches:
        yield batch
        done += rows(batch)
        if monotonic() - told >= _TELL_SECONDS:
            typer.echo(f"{done} rows … ", nl=False)
            told = monotonic()


def _in_one_line(message: Warning | str) -> str:
    """Without the time and the line of its own source that XGBoost puts before its words."""
    return re.sub(r"^\[[\d:]+\] WARNING: \S+: ", "", " ".join(str(message).split()))
