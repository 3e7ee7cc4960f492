"""Publishing: kept on disk without MLflow, registered later, never twice."""

import shutil
from pathlib import Path

import pytest
from churn_models.errors import FileAltered, ManifestInvalid
from churn_models.names import CHALLENGER, DIGEST_TAG
from churn_models.registry import ModelReference
from churn_training import tracking_server
from churn_training.cli import main
from churn_training.report.write_report import REPORT
from churn_training.train import Trained
from support.command_line import run
from support.local_stack import LocalStack

NOWHERE = "http://127.0.0.1:1"
MODEL = ModelReference("small", alias=CHALLENGER)


def test_without_mlflow_the_bundle_stays_and_publish_registers_it_later(
    stack: LocalStack, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_server, "WAIT_SECONDS", 0.0)
    arguments = ["train", "--ensemble", "models/telco", "--output", str(tmp_path)]
    ended = run(main, arguments, capsys, {"MLFLOW_TRACKING_URI": NOWHERE})
    assert ended.exit_code == 4, ended.output
    (folder,) = (tmp_path / "telco").iterdir()
    assert f"the bundle is kept in {folder}" in ended.output
    again = run(main, ["publish", str(folder), "--tracking-uri", stack.tracking_uri], capsys)
    assert again.exit_code == 0, again.output
    assert stack.registry.resolve(ModelReference("telco", alias=CHALLENGER)).version in again.output


def test_the_same_bundle_is_registered_once(
    stack: LocalStack, trained: Trained, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run(main, ["publish", str(trained.folder), "--tracking-uri", stack.tracking_uri], capsys).exit_code == 0
        version = stack.registry.resolve(MODEL)
        assert (version.version, version.tags[DIGEST_TAG]) == ("1", trained.bundle.digest)


def test_what_is_registered_is_fetched_byte_for_byte(
    stack: LocalStack, trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = run(main, ["publish", str(trained.folder), "--tracking-uri", stack.tracking_uri], capsys)
    assert ended.exit_code == 0, ended.output
    assert not list(stack.folder.glob("artifacts/**/uv.lock")), "of the folder in which the tests run"
    version = stack.registry.resolve(MODEL)
    fetched = stack.registry.fetch(version, tmp_path / "bundle", expected=trained.bundle.digest)
    for file in fetched.manifest.files:
        assert (fetched.folder / file.path).read_bytes() == (trained.bundle.folder / file.path).read_bytes()
    reports = [path.read_bytes() for path in stack.folder.glob("artifacts/**/report.html")]
    assert (trained.folder / REPORT).read_bytes() in reports, "beside the plots of the run"
    with pytest.raises(ManifestInvalid, match="not sha256:0"):
        stack.registry.fetch(version, tmp_path / "other", expected="sha256:" + "0" * 64)


def test_a_file_changed_in_mlflows_store_is_refused(
    stack: LocalStack, trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(main, ["publish", str(trained.folder), "--tracking-uri", stack.tracking_uri], capsys)
    kept = list((stack.folder / "artifacts").glob(f"**/bundle/{trained.bundle.manifest.members[0].path}"))
    changed = next(path for path in kept if _belongs_to(path, trained))
    original = changed.read_bytes()
    changed.write_bytes(original[:-1] + b"!")
    try:
        with pytest.raises(FileAltered):
            stack.registry.fetch(stack.registry.resolve(MODEL), tmp_path / "bundle")
    finally:
        changed.write_bytes(original)


def test_a_bundle_that_was_touched_on_disk_is_not_published(
    stack: LocalStack, trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(trained.folder, tmp_path / "touched"))
    (folder / "bundle/schema.json").write_text("{}")
    ended = run(main, ["publish", str(folder), "--tracking-uri", stack.tracking_uri], capsys)
    assert ended.exit_code == 1
    assert "schema.json has 2 bytes" in ended.output


def _belongs_to(path: Path, trained: Trained) -> bool:
    member = trained.bundle.manifest.members[0]
    return path.read_bytes() == (trained.bundle.folder / member.path).read_bytes()
