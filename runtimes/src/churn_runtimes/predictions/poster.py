"""Posts what the log holds to the labels' process, in a thread of its own that no request waits for.

Where that process is away, what was not taken is kept and posted again, ever more rarely; what it has once taken
changes nothing when it is said again.
"""

import logging
import threading
from enum import Enum, auto

import httpx
import orjson
from churn_models.errors import ChurnModelsError

from churn_runtimes.bounded_download import client_in_time
from churn_runtimes.predictions.dropped import Reason, count_dropped, count_posted
from churn_runtimes.predictions.posting import Posting
from churn_runtimes.predictions.prediction_log import Prediction, PredictionLog

logger = logging.getLogger(__name__)

BATCH = 500
"""Predictions of one request: to write them holds the interpreter for less than a millisecond."""
_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 60.0
_SECONDS = 5.0
_LAST_SECONDS = 1.0
"""For what is left when the server ends."""
_WORDS = 300
"""Bytes of an answer that is logged."""
_TRIED_AGAIN = frozenset({401, 403, 404, 408, 429})
"""A token or a process that is not there yet."""


class _Word(Enum):
    """What became of a batch."""

    TAKEN = auto()
    REFUSED = auto()
    LATER = auto()


class Poster:
    """Between `start` and `stop`."""

    def __init__(self, log: PredictionLog, posting: Posting) -> None:
        self._log = log
        self._posting = posting
        self._left: list[Prediction] = []
        """The batch that is under way, or was not taken."""
        self._silence = ""
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="predictions", daemon=True)

    def start(self) -> None:
        """Post from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Post what is left, in a second, and no more."""
        self._ends.set()
        self._thread.join(2 * _LAST_SECONDS)

    def post(self, seconds: float = _SECONDS) -> bool:
        """Post all there is, batch by batch; whether all of it is done with."""
        while batch := self._left or self._log.take(BATCH):
            self._left = batch
            word = self._tell(batch, seconds)
            if word is _Word.LATER:
                return False
            self._left = []
            if word is _Word.TAKEN:
                count_posted(len(batch))
            else:
                count_dropped(Reason.REFUSED, len(batch))
        return True

    def _tell(self, batch: list[Prediction], seconds: float) -> _Word:
        try:
            status, words = self._send(batch, seconds)
        except (httpx.HTTPError, httpx.InvalidURL, ChurnModelsError, OSError, ValueError) as error:
            status, words = 0, f"{type(error).__name__}: {error}"
        if status == httpx.codes.OK:
            self._say("")
            return _Word.TAKEN
        self._say(f"{status} {words}" if status else words)
        is_refused = httpx.codes.is_client_error(status) and status not in _TRIED_AGAIN
        return _Word.REFUSED if is_refused else _Word.LATER

    def _send(self, batch: list[Prediction], seconds: float) -> tuple[int, str]:
        token = self._posting.token_file.read_text(encoding="utf-8").strip()
        body = orjson.dumps({"predictions": [one.said(self._posting.model) for one in batch]})
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        url = f"{self._posting.url.rstrip('/')}/v1/predictions"
        with (
            client_in_time(seconds) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            return answer.status_code, next(answer.iter_raw(_WORDS), b"").decode(errors="replace")

    def _say(self, silence: str) -> None:
        """Once, not at every attempt."""
        if silence and silence != self._silence:
            logger.warning("the labels' process does not take predictions: %s", silence)
        elif self._silence and not silence:
            logger.info("the labels' process takes predictions")
        self._silence = silence

    def _run(self) -> None:
        pause = _PAUSE_SECONDS
        while not self._ends.wait(pause):
            pause = _PAUSE_SECONDS if self._post_safely(_SECONDS) else min(2 * pause, _LONGEST_PAUSE_SECONDS)
        if not self._post_safely(_LAST_SECONDS):
            count_dropped(Reason.STOPPED, len(self._left) + len(self._log.take(len(self._log))))

    def _post_safely(self, seconds: float) -> bool:
        try:
            return self.post(seconds)
        except Exception:
            logger.exception("predictions could not be posted")
            count_dropped(Reason.FAILED, len(self._left))
            self._left = []
            return False
