"""The command line: what is for trying starts at once, and init and check say what they have to."""

import subprocess
import sys
from pathlib import Path

import pytest
from churn_training.cli import main
from support.command_line import Finished, run
from support.made_up_table import made_up_table

HEAVY = ("mlflow", "xgboost", "lightgbm", "sklearn", "matplotlib")
TELL_IMPORTS = """
import sys
from churn_training.cli import main
heavy = sys.argv.pop().split(",")
try:
    main()
finally:
    print("imported:", *(name for name in heavy if name in sys.modules))
"""


@pytest.fixture(scope="module")
def customers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "customers.csv"
    made_up_table().to_csv(path, index=False)
    return path


@pytest.fixture
def ran_init(customers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Finished:
    return run(main, ["init", str(customers), "--output", str(tmp_path / "mine")], capsys)


def test_init_writes_a_folder_and_says_what_comes_next(ran_init: Finished, tmp_path: Path) -> None:
    assert ran_init.exit_code == 0
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {"schema.yaml", "ensemble.yaml", "request.json"}
    assert f"check --ensemble {tmp_path / 'mine'}" in ran_init.output
    assert "left out  country: it is the same in every row" in ran_init.output


@pytest.mark.usefixtures("ran_init")
def test_another_form_of_the_same_file_gives_the_same_schema(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up_table().to_csv(tmp_path / "export.csv", index=False, sep=";", decimal=",", encoding="utf-8-sig")
    assert run(main, ["init", str(tmp_path / "export.csv"), "--output", str(tmp_path / "other")], capsys).exit_code == 0
    first, second = [(tmp_path / folder / "schema.yaml").read_text().splitlines()[1:] for folder in ("mine", "other")]
    assert first == second


@pytest.mark.usefixtures("ran_init")
def test_a_folder_is_replaced_only_with_force(
    customers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = tmp_path / "mine" / "schema.yaml"
    schema.write_text("mine")
    again = ["init", str(customers), "--output", str(tmp_path / "mine")]
    refused = run(main, again, capsys)
    assert (refused.exit_code, schema.read_text()) == (2, "mine")
    assert "--force" in refused.output
    assert run(main, [*again, "--force"], capsys).exit_code == 0
    assert schema.read_text() != "mine"


@pytest.mark.usefixtures("ran_init")
def test_check_tells_what_train_would(customers: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = str(tmp_path / "mine")
    good = run(main, ["check", "--ensemble", mine, str(customers)], capsys)
    assert (good.exit_code, good.output.splitlines()[-1][:8]) == (0, "600 rows")
    bad = made_up_table()
    bad.loc[3, "plan"] = "golden"
    bad.to_csv(tmp_path / "bad.csv", index=False)
    refused = run(main, ["check", "--ensemble", mine, str(tmp_path / "bad.csv")], capsys)
    assert refused.exit_code == 2
    assert "golden" in refused.output


@pytest.mark.usefixtures("ran_init")
@pytest.mark.parametrize("command", ["--help", "check"])
def test_what_is_for_trying_imports_no_heavy_library(command: str, customers: Path, tmp_path: Path) -> None:
    words = ["--help"] if command == "--help" else ["check", "--ensemble", str(tmp_path / "mine"), str(customers)]
    done = subprocess.run(
        [sys.executable, "-c", TELL_IMPORTS, *words, ",".join(HEAVY)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[-1].strip() == "imported:"
