"""What the command line refuses before it reads anything."""

from pathlib import Path

import churn_runtimes.cli
import churn_runtimes.stream.command
import pytest
from typer.testing import CliRunner


def test_score_without_what_reads_tables_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(churn_runtimes.cli, "find_spec", lambda name: None if name == "pyarrow" else name)
    ended = CliRunner().invoke(churn_runtimes.cli.app, ["score", "--bundle", "b", "in.csv", "out.csv"])
    assert ended.exit_code != 0
    assert "churn-runtimes[tables]" in " ".join(ended.output.split())


STREAM = ["stream", "--bundle", "b", "--brokers", "k:9092", "--input", "i", "--output", "o", "--dead-letter", "d"]
STREAM += ["--group", "g"]


def test_stream_without_a_client_of_kafka_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(churn_runtimes.stream.command, "find_spec", lambda _: None)
    ended = CliRunner().invoke(churn_runtimes.cli.app, STREAM)
    assert ended.exit_code != 0
    assert "churn-runtimes[stream]" in " ".join(ended.output.split())


@pytest.mark.parametrize("more", [["--delivery", "exactly-once"], ["--transactional-id", "churn-0"]])
def test_transactions_and_their_id_come_together(more: list[str]) -> None:
    ended = CliRunner().invoke(churn_runtimes.cli.app, [*STREAM, *more])
    assert ended.exit_code != 0
    assert "come together" in " ".join(ended.output.replace("│", " ").split())


def test_a_file_of_settings_is_read_before_the_bundle(tmp_path: Path) -> None:
    file = tmp_path / "kafka.properties"
    file.write_text("acks=1", encoding="utf-8")
    ended = CliRunner().invoke(churn_runtimes.cli.app, [*STREAM, "--config", str(file)])
    assert "acks is the worker's own" in str(ended.exception)
