"""Training that must not succeed: one clear message, its exit code, and nothing registered in a real MLflow."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from churn_models.errors import VersionNotFound
from churn_models.names import CHALLENGER
from churn_models.registry import ModelReference
from churn_training.cli import main
from churn_training.datasets import Dataset
from support.command_line import run
from support.local_stack import LocalStack
from support.small_ensemble import small_spec

NAME = "refused"


@pytest.fixture
def ensemble(tmp_path: Path) -> Path:
    spec = small_spec().model_dump(mode="json") | {"name": NAME, "combine": "mean"}
    for member in spec["members"]:
        del member["weight"]
    (tmp_path / "ensemble.yaml").write_text(yaml.safe_dump(spec))
    (tmp_path / "schema.yaml").write_text(Path("models/telco/schema.yaml").read_text())
    return tmp_path


def _write(frame: pd.DataFrame, path: Path) -> str:
    frame.to_csv(path, index=False)
    return str(path)


def _without_target(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="Churn")


def _one_class(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(Churn="No")


def _unknown_categories(frame: pd.DataFrame) -> pd.DataFrame:
    changed = frame.copy()
    changed.loc[changed.index % 10 == 0, "Contract"] = "Weekly"
    return changed


def _duplicate_ids(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.head(5)])


def _words_for_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(tenure="a long time")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda frame: frame.head(0), "no rows", id="a header alone"),
        pytest.param(_without_target, "Churn: the column is missing", id="missing target"),
        pytest.param(_one_class, "Churn: only one class", id="one class only"),
        pytest.param(_unknown_categories, "Contract: not one of", id="a tenth of unknown categories"),
        pytest.param(_duplicate_ids, "customerID: a value comes twice in 10 rows", id="duplicate ids"),
        pytest.param(_words_for_numbers, "tenure: not a number", id="strings in a numeric place"),
    ],
)
def test_bad_data(  # fixtures
    change: object,
    message: str,
    ensemble: Path,
    dataset: Dataset,
    stack: LocalStack,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert callable(change)
    _refuses(ensemble, _write(change(dataset.raw), ensemble / "bad.csv"), 2, message, stack, capsys)


def test_an_empty_file(ensemble: Path, stack: LocalStack, capsys: pytest.CaptureFixture[str]) -> None:
    (ensemble / "empty.csv").touch()
    _refuses(ensemble, str(ensemble / "empty.csv"), 2, "is empty", stack, capsys)


def test_an_unreachable_database(ensemble: Path, stack: LocalStack, capsys: pytest.CaptureFixture[str]) -> None:
    _refuses(ensemble, "postgresql://nobody:secret@127.0.0.1:1/churn/t", 2, "cannot be read", stack, capsys)


def test_a_failing_gate(
    ensemble: Path, dataset: Dataset, stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = yaml.safe_load((ensemble / "ensemble.yaml").read_text()) | {"gate": {"min_auc": 0.999}}
    (ensemble / "ensemble.yaml").write_text(yaml.safe_dump(spec))
    _refuses(ensemble, _write(dataset.raw, ensemble / "good.csv"), 3, "at least 0.999 is required", stack, capsys)
    assert not (ensemble / "bundles").exists()


def _refuses(
    ensemble: Path, dataset: str, code: int, message: str, stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "--ensemble", str(ensemble), "--dataset", dataset, "--output", str(ensemble / "bundles")]
    ended = run(main, arguments, capsys, {"MLFLOW_TRACKING_URI": stack.tracking_uri})
    assert ended.exit_code == code, ended.output
    assert message in ended.output
    assert "Traceback" not in ended.output
    assert "secret" not in ended.output
    with pytest.raises(VersionNotFound):
        stack.registry.resolve(ModelReference(NAME, alias=CHALLENGER))
    with pytest.raises(VersionNotFound):
        stack.registry.resolve(ModelReference(NAME, version="1"))
