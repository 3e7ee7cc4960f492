"""A server that comes up late is waited for; one that never does is told after a minute, a wrong login at once."""

import pytest
from churn_models.errors import RegistryAnswerInvalid, RegistryError, RegistryUnauthorized, RegistryUnreachable
from churn_training.tracking_server import WAIT_SECONDS, wait_until_it_answers


class Server:
    """Fake time, which sleeping moves, and a server that answers from some moment on."""

    def __init__(self, answers_from: float, error: RegistryError) -> None:
        self.now = 0.0
        self.asked = 0
        self._answers_from = answers_from
        self._error = error

    def ask(self) -> None:
        """One question."""
        self.asked += 1
        if self.now < self._answers_from:
            raise self._error

    def monotonic(self) -> float:
        """The time now."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on."""
        self.now += seconds

    def wait(self) -> list[str]:
        """What is said while it is waited for."""
        said: list[str] = []
        wait_until_it_answers(self.ask, said.append, self.monotonic, self.sleep)
        return said


@pytest.mark.parametrize(("answers_from", "lines"), [(0.0, 0), (1.0, 1), (40.0, 1)])
def test_it_waits_for_a_server_that_comes_up_and_says_so_once(answers_from: float, lines: int) -> None:
    server = Server(answers_from, RegistryUnreachable("no"))
    assert len(server.wait()) == lines
    assert server.now == answers_from


def test_one_that_never_answers_is_told_after_a_minute() -> None:
    server = Server(WAIT_SECONDS + 5, RegistryUnreachable("no"))
    with pytest.raises(RegistryUnreachable):
        server.wait()
    assert WAIT_SECONDS - 2 <= server.now <= WAIT_SECONDS


@pytest.mark.parametrize("error", [RegistryUnauthorized("401"), RegistryAnswerInvalid("a page")])
def test_what_asking_again_does_not_mend_is_told_at_once(error: RegistryError) -> None:
    server = Server(WAIT_SECONDS, error)
    with pytest.raises(type(error)):
        server.wait()
    assert server.asked == 1
