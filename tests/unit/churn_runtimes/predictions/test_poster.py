"""Batches are posted with the token, kept while nobody takes them, and given up where they can be no predictions."""

import json
from collections import Counter, deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from churn_runtimes.predictions.poster import BATCH, Poster
from churn_runtimes.predictions.prediction_log import PredictionLog, Version
from support.http_thread import HttpThread
from support.predictions import counted, posting

OWN = Version("sha256:" + "1" * 64, "7")


class _Labels:
    """What stands for the labels' process: what it was told, and what it answers, 200 in the end."""

    def __init__(self, folder: Path) -> None:
        self.batches: list[list[Any]] = []
        self.tokens: set[str | None] = set()
        self.answers: deque[int] = deque()
        self.token_file = folder / "token"
        self.token_file.write_text("a-token\n")

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Answers a POST."""
        labels = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status = labels.answers.popleft() if labels.answers else 200
                if status == 200:
                    labels.batches.append(body["predictions"])
                    labels.tokens.add(self.headers["authorization"])
                self.send_response(status if self.path == "/v1/predictions" else 404)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Print nothing."""

        return Handler


@pytest.fixture
def labels(tmp_path: Path) -> _Labels:
    return _Labels(tmp_path)


@pytest.fixture
def url(labels: _Labels) -> Iterator[str]:
    with HttpThread(labels.handler()) as server:
        yield f"http://127.0.0.1:{server.port}/"


@pytest.fixture
def log(labels: _Labels) -> PredictionLog:
    return PredictionLog(posting(), OWN)


@pytest.fixture
def poster(log: PredictionLog, labels: _Labels, url: str) -> Poster:
    return Poster(log, posting(url, labels.token_file))


@pytest.fixture
def count() -> Iterator[Counter[str]]:
    """What became of predictions in this test, filled by `_since`."""
    yield Counter(counted())


def _since(before: Counter[str]) -> dict[str, float]:
    return dict(Counter(counted()) - before)


def _offer(log: PredictionLog, customers: int) -> None:
    for number in range(customers):
        log.offer(str(number), np.array([0.25]))


def test_batches_are_posted_with_the_token(
    log: PredictionLog, poster: Poster, labels: _Labels, count: Counter[str]
) -> None:
    _offer(log, BATCH + 1)
    assert poster.post()
    assert [len(batch) for batch in labels.batches] == [BATCH, 1]
    assert labels.tokens == {"Bearer a-token"}
    assert labels.batches[0][0].keys() == {"model", "identity_hash", "time", "digest", "version", "score"}
    assert _since(count) == {"posted": BATCH + 1}


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_what_is_not_taken_is_posted_again(
    log: PredictionLog, poster: Poster, labels: _Labels, count: Counter[str], status: int
) -> None:
    labels.answers.extend([status, status])
    _offer(log, 3)
    assert [poster.post() for _ in range(3)] == [False, False, True]
    assert [len(batch) for batch in labels.batches] == [3], "once, and whole"
    assert _since(count) == {"posted": 3}


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_can_be_no_prediction_holds_nobody_up(
    log: PredictionLog, poster: Poster, labels: _Labels, count: Counter[str], status: int
) -> None:
    labels.answers.append(status)
    _offer(log, BATCH + 2)
    assert poster.post()
    assert [len(batch) for batch in labels.batches] == [2]
    assert _since(count) == {"refused": BATCH, "posted": 2}


def test_a_token_that_comes_late_is_waited_for(log: PredictionLog, poster: Poster, labels: _Labels) -> None:
    labels.token_file.unlink()
    _offer(log, 1)
    assert not poster.post()
    labels.token_file.write_text("another")
    assert poster.post()
    assert labels.tokens == {"Bearer another"}


def test_nobody_there_loses_nothing_until_the_server_ends(log: PredictionLog, count: Counter[str]) -> None:
    poster = Poster(log, posting(token_file=Path(__file__)))
    _offer(log, BATCH + 5)
    assert not poster.post()
    assert not _since(count)
    poster.start()
    poster.stop()
    assert _since(count) == {"stopped": BATCH + 5}


def test_what_is_left_is_posted_when_the_server_ends(log: PredictionLog, poster: Poster, labels: _Labels) -> None:
    _offer(log, 2)
    poster.start()
    poster.stop()
    assert [len(batch) for batch in labels.batches] == [2]
