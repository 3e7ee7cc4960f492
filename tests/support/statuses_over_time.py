"""Every status that a ChurnModel has during a test, none left out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.kubectl import Kubectl
from support.processes import Process


@contextmanager
def statuses_over_time(kubectl: Kubectl, name: str) -> Iterator[list[dict[str, Any]]]:
    """Those of one ChurnModel, the first at the block's beginning; the list is filled when the block ends."""
    log = Path(f"build/e2e/{name}-statuses.json")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = ["kubectl", "-n", "churn", "get", f"churnmodel/{name}", "-w", "-o", "json"]
    watch = Process(command, log, kubectl.environment)
    seen: list[dict[str, Any]] = []
    try:
        watch.wait_until(lambda: next(_documents(log), None) is not None, 30)
        yield seen
        seen.extend(document.get("status", {}) for document in _documents(log))
    finally:
        watch.stop()


def _documents(log: Path) -> Iterator[dict[str, Any]]:
    """The whole ones; the last may be half written."""
    text, start = log.read_text(encoding="utf-8"), 0
    while start < len(text):
        try:
            document, end = json.JSONDecoder().raw_decode(text, start)
        except json.JSONDecodeError:
            return
        yield document
        start = end + 1
