"""When a window of this pod's rows is over, and what the engine found in the last ones.

These windows are the engine's alone: the operator makes its own, of the counts of all pods.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from churn_models.drift.report import WINDOWS, EngineReport, EngineWindow
from churn_models.encoding import Matrix

from churn_runtimes.drift.engine import Engine, EngineName
from churn_runtimes.drift.window_rows import WindowRows

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

_LONGEST = timedelta(days=7)
_DIGITS = 6


@dataclass(frozen=True)
class WindowRule:
    """A window is over with `rows` after `min_seconds`, or with `min_rows` after `max_seconds`, or after a week."""

    rows: int = 1000
    min_rows: int = 300
    min_seconds: float = 60.0
    max_seconds: float = 900.0

    def is_over(self, rows: int, age: timedelta) -> bool:
        """Whether so many rows in this time are a window."""
        seconds = age.total_seconds()
        is_full = rows >= self.rows and seconds >= self.min_seconds
        is_old = rows >= self.min_rows and seconds >= self.max_seconds
        return is_full or is_old or age >= _LONGEST


class Windows:
    """Of one engine. A window's time begins with its first row."""

    def __init__(self, name: EngineName, engine: Engine, rule: WindowRule, width: int, clock: Clock) -> None:
        self._name = name
        self._engine = engine
        self._rule = rule
        self._clock = clock
        self._rows = WindowRows(rule.rows, width, np.random.default_rng())
        self._began: datetime | None = None
        self._judged: deque[EngineWindow] = deque(maxlen=WINDOWS)
        self._count = self._lost = 0

    @property
    def rows(self) -> int:
        """That have come in the window that is not over."""
        return self._rows.seen

    @property
    def age(self) -> timedelta:
        """Of that window."""
        return self._clock() - self._began if self._began else timedelta(0)

    def add(self, matrix: Matrix) -> None:
        """Take encoded rows."""
        if self._began is None:
            self._began = self._clock()
        self._rows.add(matrix)

    def close(self) -> bool:
        """Judge the window if it is over, and say whether it was."""
        began = self._began
        if began is None or not self._rule.is_over(self.rows, self.age):
            return False
        rows = self._rows.take()
        self._began = None
        try:
            window = self._judge(rows, began)
        except Exception:  # an engine of any kind: the next window may be better
            logger.exception("%s failed at a window of %d rows", self._name.value, len(rows))
            self._lost += 1
        else:
            self._count += 1
            self._judged.append(window)
        return True

    def report(self) -> EngineReport:
        """What the engine found."""
        return EngineReport(name=self._name.value, windows=tuple(self._judged), judged=self._count, lost=self._lost)

    def _judge(self, rows: Matrix, began: datetime) -> EngineWindow:
        judgement = self._engine.judge(rows)
        return EngineWindow(
            start=began.isoformat(),
            end=self._clock().isoformat(),
            rows=len(rows),
            features={name: (_short(p), _short(distance)) for name, (p, distance) in judgement.features.items()},
            is_drift=judgement.is_drift,
        )


def _short(figure: float) -> float:
    """To as many digits as anybody looks at: a report of 200 features has thousands of them."""
    return float(f"{figure:.{_DIGITS}g}")
