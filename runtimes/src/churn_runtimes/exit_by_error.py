"""How a command ends that meets an error of ours: by its exit code, which the operator reads.

The last line is its name and text: the container's termination message.
"""

import sys
from collections.abc import Callable

import typer
from churn_models.errors import ChurnModelsError


def exit_by_error(command: Callable[[], None]) -> None:
    """Run a command line."""
    try:
        command()
    except ChurnModelsError as error:
        typer.echo(f"error ({type(error).__name__}): {' '.join(str(error).split())}", err=True)
        sys.exit(error.exit_code)
