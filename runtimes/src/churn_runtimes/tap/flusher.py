"""Sends what the tap has queued to the drift sidecar, in a thread of its own that waits for nobody.

The socket keeps messages apart (SOCK_SEQPACKET), so that one is sent whole or not at all. A sidecar that is away,
stopped or slow costs the rows that it does not take, and they are counted.
"""

import logging
import socket
import threading
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from churn_models.digest import Digest

from churn_runtimes.tap.frame import ROWS_BYTES, Frame, write_frame
from churn_runtimes.tap.reason import Reason
from churn_runtimes.tap.tap import Offered, Tap

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 0.05
_STOP_SECONDS = 1.0
_ROWS = 256
"""Of one message, or so: joining them holds the interpreter for a tenth of a millisecond."""


class Flusher:
    """Between `start` and `stop`."""

    def __init__(self, tap: Tap, path: str, digest: Digest) -> None:
        self._tap = tap
        self._path = path
        self._digest = digest
        self._rows = max(1, min(_ROWS, ROWS_BYTES // (4 * tap.width)))
        self._no_rows = np.empty((0, tap.width), dtype=np.float32)
        self._socket: socket.socket | None = None
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tap", daemon=True)

    def start(self) -> None:
        """Send from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Send what is left, and no more."""
        self._ends.set()
        self._thread.join(_STOP_SECONDS)

    def flush(self) -> None:
        """Empty the queue, and tell what was lost even where nothing comes any more."""
        while taken := self._tap.take(self._rows):
            self._send(taken)
        if self._tap.lost.read():
            self._send([])

    def hang_up(self) -> None:
        """Close the connection; the next message makes another."""
        if self._socket is not None:
            logger.warning("the drift sidecar is not connected any more")
            self._socket.close()
            self._socket = None

    def _send(self, taken: Sequence[Offered]) -> None:
        lost = self._tap.lost
        told = lost.read()
        frame = self._frame(taken, told)
        reason = self._write(write_frame(frame))
        if reason is None:
            lost.were_told(told)
        elif taken:
            lost.add(reason, len(frame.scores))

    def _frame(self, taken: Sequence[Offered], dropped: Mapping[Reason, int]) -> Frame:
        unseen: Counter[str] = Counter()
        for offered in taken:
            if offered.unseen:
                unseen.update(offered.unseen)
        matrix = np.concatenate([self._no_rows, *(offered.matrix for offered in taken)])
        scores = np.concatenate([np.empty(0), *(offered.scores for offered in taken)])
        return Frame(self._digest, matrix, scores, unseen, {reason.value: rows for reason, rows in dropped.items()})

    def _write(self, content: bytes) -> Reason | None:
        """Why it was not sent, where it was not."""
        for _ in range(2):
            try:
                self._connected().send(content)
                return None
            except BlockingIOError:
                return Reason.SIDECAR_SLOW
            except OSError:
                # A connection ends with its sidecar; by now there may be another one.
                had_one = self._socket is not None
                self.hang_up()
                if not had_one:
                    break
        return Reason.NO_SIDECAR

    def _connected(self) -> socket.socket:
        if self._socket is None:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            try:
                made.setblocking(False)
                made.connect(self._path)
            except OSError:
                made.close()
                raise
            self._socket = made
            logger.info("the drift sidecar listens")
        return self._socket

    def _run(self) -> None:
        while not self._ends.is_set():
            self._ends.wait(_PAUSE_SECONDS)
            try:
                self.flush()
            except Exception:
                logger.exception("rows could not be sent to the drift sidecar")
        self.hang_up()
