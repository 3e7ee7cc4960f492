"""What the command line of the stream's worker refuses before it asks anybody."""

import pytest
from churn_runtimes.cli import main
from support.command_line import run

_STREAM = ["stream", "--bundle", "b", "--brokers", "host:1", "--input", "i", "--output", "o", "--dead-letter", "d"]
_ONCE = ["--delivery", "exactly-once", "--transactional-id", "w"]
_EVENTS = ["--events", "e", "--state", "redis://host"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(_ONCE[:2], "come together", id="no id"),
        pytest.param(_EVENTS[:2], "--events needs --state", id="no state store"),
        pytest.param(["--state-credentials", "f"], "--state-credentials needs --state", id="a login to nothing"),
    ],
)
def test_what_does_not_go_together(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    ended = run(main, [*_STREAM, "--group", "g", *options], capsys)
    assert (ended.exit_code, said in " ".join(ended.output.replace("│", " ").split())) == (2, True), ended.output
