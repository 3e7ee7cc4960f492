"""What the command line refuses before it reads anything."""

import churn_runtimes.cli
import pytest
from typer.testing import CliRunner


def test_score_without_what_reads_tables_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(churn_runtimes.cli, "find_spec", lambda name: None if name == "pyarrow" else name)
    ended = CliRunner().invoke(churn_runtimes.cli.app, ["score", "--bundle", "b", "in.csv", "out.csv"])
    assert ended.exit_code != 0
    assert "churn-runtimes[tables]" in " ".join(ended.output.split())
