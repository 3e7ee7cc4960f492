"""A machine without real data: nothing is made up unless it is asked for, and that is never registered."""

from pathlib import Path

import pytest
from churn_training.cli import main
from support.command_line import run


@pytest.mark.case("30-forgotten-data-set")
@pytest.mark.parametrize(
    ("options", "exit_code", "words"),
    [
        pytest.param([], 2, "no data set to train on (telco.csv is not in", id="a forgotten data set"),
        pytest.param(["--synthetic"], 0, "made-up customers: the bundle stays in", id="asked for, and not registered"),
        pytest.param(["--synthetic", "--dataset", "a.csv"], 2, "leave out --dataset", id="two kinds of data"),
    ],
)
def test_made_up_customers_come_on_request_alone(
    options: list[str], exit_code: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "--ensemble", "models/telco", "--output", str(tmp_path / "bundles"), *options]
    # Nothing listens there: whoever would register ends with an error.
    environment = {"CHURN_DATA_DIR": str(tmp_path), "MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    ended = run(main, arguments, capsys, environment)
    assert ended.exit_code == exit_code, ended.output
    assert words in ended.output
    assert (tmp_path / "bundles").exists() == (exit_code == 0)
