"""A machine without real data: everything works on the synthetic set, and says so."""

from pathlib import Path

import pytest
from churn_training.cli import main
from support.command_line import run


def test_training_says_that_the_data_are_synthetic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["train", "--ensemble", "models/telco", "--output", str(tmp_path / "bundles")]
    ended = run(main, arguments, capsys, {"CHURN_DATA_DIR": str(tmp_path), "MLFLOW_TRACKING_URI": ""})
    assert ended.exit_code == 0, ended.output
    assert "no real data found" in ended.output
    assert "5000 synthetic rows" in ended.output
    assert "the bundle stays in" in ended.output
