"""A server that comes up late is waited for; one that never does is told after a minute."""

import httpx
import pytest
from churn_training.tracking_server import WAIT_SECONDS, wait_until_it_answers

URI = "http://mlflow.example:5000"


class Clock:
    """Fake time: sleeping is what moves it."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """The time now."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds


@pytest.mark.parametrize(
    ("answers_from", "raised"),
    [
        pytest.param(0.0, None, id="at once"),
        pytest.param(40.0, None, id="late"),
        pytest.param(WAIT_SECONDS + 5, httpx.HTTPStatusError, id="too late"),
    ],
)
def test_it_waits_for_a_server_that_comes_up(
    answers_from: float, raised: type[Exception] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    started = clock.now

    def get(url: str, timeout: float) -> httpx.Response:
        assert url == f"{URI}/health"
        status = 200 if clock.now - started >= answers_from else 503
        return httpx.Response(status, request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", get)
    if raised is None:
        wait_until_it_answers(f"{URI}/", clock.monotonic, clock.sleep)
        assert clock.now - started == answers_from
    else:
        with pytest.raises(raised):
            wait_until_it_answers(URI, clock.monotonic, clock.sleep)
        assert clock.now - started <= WAIT_SECONDS


def test_a_refused_connection_is_waited_for_too(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    asked: list[str] = []

    def get(url: str, timeout: float) -> httpx.Response:
        asked.append(url)
        if len(asked) == 1:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, request=httpx.Request("GET", url))

    monkeypatch.setattr(httpx, "get", get)
    wait_until_it_answers(URI, clock.monotonic, clock.sleep)
    assert len(asked) == 2


def test_a_folder_needs_no_server() -> None:
    wait_until_it_answers("sqlite:///mlflow.db")
