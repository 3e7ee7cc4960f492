"""The labels' process on a real PostgreSQL, as a process of its own."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.probe import succeeds
from support.processes import Process

_SECONDS = 60


@contextmanager
def labels_process(database: str, folder: Path, port: int) -> Iterator[str]:
    """Its address while the block lasts; tokens are in `token` and `predictions-token` of the folder."""
    command = [sys.executable, "-m", "churn_runtimes", "labels", "--database", database, "--port", str(port)]
    command += ["--token-file", str(folder / "token"), "--predictions-token-file", str(folder / "predictions-token")]
    process = Process([*command, "--retention-days", "365"], folder / "labels.log", os.environ)
    url = f"http://127.0.0.1:{port}"
    try:
        process.wait_until(lambda: succeeds(f"{url}/healthz"), _SECONDS)
        yield url
    finally:
        process.stop()
