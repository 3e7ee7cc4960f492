"""What a person sees while training works: one line per step with the time it took."""

import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer


def say(text: str) -> None:
    """Print one line at once, to a terminal or to a Job's log."""
    typer.echo(text)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Announce a step, and say how long it took when it is done, and below it what libraries warned of."""
    typer.echo(f"  {name} … ", nl=False)
    started = time.perf_counter()
    with warnings.catch_warnings(record=True) as warned:
        try:
            yield
        except BaseException:
            typer.echo("failed")
            raise
    typer.echo(f"{time.perf_counter() - started:.1f} s")
    for text in dict.fromkeys(_in_one_line(warning.message) for warning in warned):
        typer.echo(f"    warning: {text}")


def _in_one_line(message: Warning | str) -> str:
    """Without the time and the line of its own source that XGBoost puts before its words."""
    return re.sub(r"^\[[\d:]+\] WARNING: \S+: ", "", " ".join(str(message).split()))
