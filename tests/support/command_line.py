"""A distribution's command line run in this process: its exit code and all that it printed."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    exit_code: int
    output: str


def run(
    main: Callable[[], None],
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Call `main` with these arguments, as `python -m` would, and with these variables of the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["command", *arguments])
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    captured = capsys.readouterr()
    return Finished(code, captured.out + captured.err)
