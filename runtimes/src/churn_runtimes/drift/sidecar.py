"""What the sidecar knows: everything that its server's tap has sent, in counts, and what the engine says of it.

The socket's task has it `take` messages, a timer has it `close_window`, and HTTP asks for `report`.
"""

import uuid
from collections import Counter
from datetime import datetime

import numpy as np
from churn_models.drift.counts import Counts, difference
from churn_models.drift.report import Report
from churn_models.drift.row_cells import chance_alike
from churn_models.drift.row_counter import RowCounter
from churn_models.known_codes import KnownCodes

from churn_runtimes.drift.watched import Watched
from churn_runtimes.drift.windows import Clock, Windows
from churn_runtimes.tap.frame import Frame, FrameInvalid, read_frame
from churn_runtimes.tap.reason import Reason


class Sidecar:
    """Of one process: its counts begin at 0, and only grow."""

    def __init__(self, watched: Watched, windows: Windows, clock: Clock) -> None:
        self.watched = watched
        self.windows = windows
        self._clock = clock
        self._instance = str(uuid.uuid4())
        self._started = clock()
        self._last_row: datetime | None = None
        self._counter = RowCounter(watched.schema, watched.reference)
        self._alike = chance_alike(watched.sample)
        self._known = KnownCodes(watched.schema)
        self._dropped: Counter[str] = Counter()
        self._before = self._counter.counts()
        self.last_window: Counts | None = None
        """All rows that came in the last window that is over, in counts."""

    def take(self, content: bytes) -> None:
        """Count a message of the tap's, or that it could not be counted."""
        try:
            frame = read_frame(content)
        except FrameInvalid:
            self._dropped[Reason.GARBLED.value] += 1
            return
        self._dropped.update(frame.dropped)
        if (reason := self._fault(frame)) is not None:
            self._dropped[reason.value] += len(frame.matrix)
        elif len(frame.matrix):
            self._counter.add(frame.matrix, frame.unseen, frame.scores)
            self.windows.add(frame.matrix)
            self._last_row = self._clock()

    def close_window(self) -> None:
        """Have the engine judge the window if it is over."""
        if self.windows.close():
            counts = self._counter.counts()
            self.last_window, self._before = difference(counts, self._before), counts

    def report(self) -> Report:
        """As the operator reads it."""
        counts = self._counter.counts()
        return Report(
            instance=self._instance,
            digest=self.watched.digest,
            version=self.watched.version,
            started=self._started.isoformat(),
            last_row=self._last_row.isoformat() if self._last_row else None,
            rows=counts.rows,
            dropped=dict(self._dropped),
            features=counts.features,
            scores=counts.scores,
            cells=counts.cells,
            alike=self._alike,
            engine=self.windows.report(),
        )

    def _fault(self, frame: Frame) -> Reason | None:
        if frame.digest != self.watched.digest:
            return Reason.OTHER_BUNDLE
        is_wide = frame.matrix.shape[1] == len(self.watched.schema.names)
        # Counts only grow: one infinite value would stay in a sum, and no report could be written any more.
        is_whole = is_wide and not np.isinf(frame.matrix).any() and not self._known.check(frame.matrix).unseen
        return None if is_whole else Reason.GARBLED
