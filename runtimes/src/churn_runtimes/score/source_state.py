"""Whether the files of a table are still those that were opened: parts of one run are shares of one table."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from churn_models.tables.open_source import files_of


def state_of(files: Sequence[Path]) -> str:
    """Another one when a file of them is written anew; the same in every pod that has them at the same place."""
    return hashlib.sha256(json.dumps([(str(path), *_state(path)) for path in files]).encode()).hexdigest()


def state_of_table(source: str) -> str:
    """Of the files that this name of a data set means now."""
    return state_of(files_of(source))


def _state(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        # It is gone, which is a change; whoever opens it says so.
        return ()
    return found.st_size, found.st_mtime_ns
