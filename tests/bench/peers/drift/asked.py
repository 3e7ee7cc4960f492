"""What the detectors' processes share: one question per line of JSON on stdin, one answer per line on stdout.

`{"rows": FILE, "is_reference": true}` fits the detector, `{"rows": FILE}` asks whether a window raises an alarm.
"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Rows:
    """`rows` `[rows, features]`, the positions of categorical ones, `scores` and `target` `[rows]`."""

    rows: Any
    categorical: list[int]
    scores: Any
    target: Any


def answer(fit: Callable[[Rows], Any], alarms: Callable[[Any, Rows], bool]) -> None:
    """Until stdin ends. A window that the detector cannot judge raises no alarm, and is said to be lost."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    detector: Any = None
    for line in sys.stdin:
        asked = json.loads(line)
        with np.load(asked["rows"]) as columns:
            rows = Rows(columns["rows"], columns["categorical"].tolist(), columns["scores"], columns["target"])
        if asked.get("is_reference"):
            detector = fit(rows)
            found: dict[str, Any] = {}
        else:
            found = _judged(detector, rows, alarms)
        print(json.dumps(found), file=answers)


def _judged(detector: Any, rows: Rows, alarms: Callable[[Any, Rows], bool]) -> dict[str, Any]:
    try:
        return {"alarm": alarms(detector, rows)}
    except ValueError as error:
        return {"alarm": False, "lost": str(error)}
