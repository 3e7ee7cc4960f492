"""Training that must not succeed: one clear message, its exit code, and nothing registered in a real MLflow."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml
from churn_models.errors import VersionNotFound
from churn_models.names import CHALLENGER
from churn_models.registry import ModelReference
from churn_training.cli import main
from churn_training.datasets import Dataset
from churn_training.report.write_report import REFUSED
from support.command_line import Finished, run
from support.local_stack import LocalStack
from support.small_ensemble import small_spec

NAME = "refused"

Train = Callable[[str], Finished]


@pytest.fixture
def ensemble(tmp_path: Path) -> Path:
    spec = small_spec().model_dump(mode="json") | {"name": NAME, "combine": "mean"}
    for member in spec["members"]:
        del member["weight"]
    (tmp_path / "ensemble.yaml").write_text(yaml.safe_dump(spec))
    (tmp_path / "schema.yaml").write_text(Path("models/telco/schema.yaml").read_text())
    return tmp_path


@pytest.fixture
def refused(
    ensemble: Path, stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[[str], Finished]]:
    """Train from a data set; afterwards, MLflow knows no version, and there is no bundle."""

    def train(dataset: str) -> Finished:
        arguments = ["train", "--ensemble", str(ensemble), "--dataset", dataset, "--output", str(ensemble / "bundles")]
        return run(main, arguments, capsys, {"MLFLOW_TRACKING_URI": stack.tracking_uri})

    yield train
    for reference in (ModelReference(NAME, alias=CHALLENGER), ModelReference(NAME, version="1")):
        with pytest.raises(VersionNotFound):
            stack.registry.resolve(reference)
    written = (path.name for path in (ensemble / "bundles").rglob("*") if path.is_file())
    assert {*written} <= {REFUSED}


def _write(frame: pd.DataFrame, path: Path) -> str:
    frame.to_csv(path, index=False)
    return str(path)


def _unknown_categories(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(Contract=frame["Contract"].where(frame.index % 10 != 0, "Weekly"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda f: f.head(0), "no rows", id="a header alone"),
        pytest.param(lambda f: f.drop(columns="Churn"), "Churn: the column is missing", id="missing target"),
        pytest.param(lambda f: f.assign(Churn="No"), "Churn: only one class", id="one class only"),
        pytest.param(_unknown_categories, "Contract: not one of", id="a tenth of unknown categories"),
        pytest.param(lambda f: pd.concat([f, f.head(5)]), "a value comes twice in 10 rows", id="duplicate ids"),
        pytest.param(lambda f: f.assign(tenure="long"), "tenure: not a number", id="strings in a numeric place"),
    ],
)
def test_bad_rows(
    change: Callable[[pd.DataFrame], pd.DataFrame],
    message: str,
    ensemble: Path,
    dataset: Dataset,
    refused: Train,
) -> None:
    _check(refused(_write(change(dataset.raw), ensemble / "bad.csv")), 2, message)


def test_an_empty_file(ensemble: Path, refused: Train) -> None:
    (ensemble / "empty.csv").touch()
    _check(refused(str(ensemble / "empty.csv")), 2, "is empty")


def test_an_unreachable_database(refused: Train) -> None:
    ended = refused("postgresql://nobody:secret@127.0.0.1:1/churn/t")
    _check(ended, 1, "cannot be read")  # which a Job tries again, unlike 2
    assert "secret" not in ended.output


def test_a_failing_gate(ensemble: Path, dataset: Dataset, refused: Train) -> None:
    spec = yaml.safe_load((ensemble / "ensemble.yaml").read_text()) | {"gate": {"min_auc": 0.999}}
    (ensemble / "ensemble.yaml").write_text(yaml.safe_dump(spec))
    _check(refused(_write(dataset.raw, ensemble / "good.csv")), 3, "at least 0.999 is required")


def _check(ended: Finished, exit_code: int, message: str) -> None:
    assert ended.exit_code == exit_code, ended.output
    assert message in ended.output
    assert "Traceback" not in ended.output
