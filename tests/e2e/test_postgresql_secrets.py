"""A table behind a password given in the query of its address: it is read, and nothing kept or told has it."""

from pathlib import Path

import psycopg
import pytest
from churn_training.cli import main
from support.command_line import run
from support.small_table import members, write_small_ensemble


@pytest.mark.case("15-password-in-the-query")
@pytest.mark.case("31-postgres-addresses")
def test_no_password_is_told_or_kept(postgresql: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ensemble = write_small_ensemble(tmp_path / "club")
    members().to_csv(tmp_path / "members.csv", index=False)
    table = postgresql.replace("tester@", "") + "/my%20members?user=tester&password=Wint3r-Sale"
    outputs = [
        _succeed(["ingest", "--ensemble", str(ensemble), str(tmp_path / "members.csv"), table], capsys),
        _succeed(
            ["train", "--ensemble", str(ensemble), "--dataset", table, "--output", str(tmp_path / "bundles")], capsys
        ),
        run(main, ["train", "--ensemble", str(ensemble), "--dataset", table.replace("my%20", "no")], capsys).output,
    ]
    kept = b"".join(path.read_bytes() for path in (tmp_path / "bundles").rglob("*") if path.is_file())
    assert not any(word in output for output in outputs for word in ("Wint3r", "user=", "password="))
    assert b"my members" in kept
    assert not any(word in kept for word in (b"Wint3r", b"user=", b"password="))


@pytest.mark.case("11-booleans-by-source")
def test_a_boolean_column_is_read_as_people_write_it(
    postgresql: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ensemble = write_small_ensemble(tmp_path / "club")
    members().to_csv(tmp_path / "members.csv", index=False)
    _succeed(["ingest", "--ensemble", str(ensemble), str(tmp_path / "members.csv"), f"{postgresql}/typed"], capsys)
    with psycopg.connect(postgresql) as connection:
        connection.execute("ALTER TABLE typed ALTER autopay TYPE boolean USING autopay::boolean")
    ended = _succeed(["check", "--ensemble", str(ensemble), f"{postgresql}/typed"], capsys)
    assert "100 rows" in ended


def _succeed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    ended = run(main, arguments, capsys, {"MLFLOW_TRACKING_URI": ""})
    assert ended.exit_code == 0, ended.output
    return ended.output
