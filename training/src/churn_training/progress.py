"""What a person sees while training works: one line per step with the time it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer


def say(text: str) -> None:
    """Print one line at once, to a terminal or to a Job's log."""
    typer.echo(text)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Announce a step, and say how long it took when it is done."""
    typer.echo(f"  {name} … ", nl=False)
    started = time.perf_counter()
    try:
        yield
    except BaseException:
        typer.echo("failed")
        raise
    typer.echo(f"{time.perf_counter() - started:.1f} s")
