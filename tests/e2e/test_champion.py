"""A challenger beside the champion that a real MLflow has: compared, registered with the comparison, or refused."""

from pathlib import Path

import mlflow
import pytest
import yaml
from churn_models.ensemble_spec import load_ensemble
from churn_models.names import CHALLENGER, CHAMPION
from churn_models.registry import ModelReference
from churn_training.cli import main
from churn_training.synthetic import synthesize
from support.command_line import Finished, run
from support.local_stack import LocalStack

MODEL = "grown"
GOOD = {"n_estimators": 30, "num_leaves": 7}
POOR = {"n_estimators": 1, "num_leaves": 2}


class Owner:
    """Somebody with a table that grows, who trains from it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], tracking_uri: str) -> None:
        self._folder, self._capsys, self._environment = folder, capsys, {"MLFLOW_TRACKING_URI": tracking_uri}
        self._customers = synthesize(load_ensemble(Path("models/telco"))[1], 2200, seed=6).raw
        schema = Path("models/telco/schema.yaml").read_text(encoding="utf-8")
        (folder / "schema.yaml").write_text(schema, encoding="utf-8")

    def train(self, rows: int, parameters: dict[str, int], *options: str) -> Finished:
        """On the first rows, with one member of these parameters."""
        member = {"name": "trees", "kind": "lightgbm", "parameters": parameters}
        # The margin is wide: with some 400 rows that judge, an equal model may look that much worse.
        spec = {"name": MODEL, "combine": "mean", "gate": {"margin": 0.04}, "members": [member]}
        (self._folder / "ensemble.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
        self._customers.head(rows).to_csv(self._folder / "customers.csv", index=False)
        words = ["train", "--ensemble", str(self._folder), "--dataset", str(self._folder / "customers.csv")]
        return run(main, [*words, "--output", str(self._folder / "bundles"), *options], self._capsys, self._environment)

    def promote(self, version: str) -> Finished:
        """By the command line."""
        return run(main, ["promote", MODEL, version], self._capsys, self._environment)


def test_a_challenger_is_compared_with_the_champion(
    stack: LocalStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    owner = Owner(tmp_path, capsys, stack.tracking_uri)
    first = owner.train(2000, GOOD)
    assert first.exit_code == 0, first.output
    assert "on the same" not in first.output
    assert owner.promote("1").exit_code == 0

    second = owner.train(2200, GOOD)
    assert second.exit_code == 0, second.output
    assert "(version 1 is the champion)" in second.output
    _check_registered(stack, tmp_path / "fetched")

    poor = owner.train(2200, POOR)
    assert poor.exit_code == 3, poor.output
    assert "(version 1 is the champion)" in poor.output and "the champion stays:" in poor.output
    by_schedule = owner.train(2200, GOOD, "--seed", "1", "--asked-by", "schedule")
    assert by_schedule.exit_code == 3, by_schedule.output
    assert "the champion stays (asked by schedule: it must be better)" in by_schedule.output
    named = {alias: stack.registry.resolve(ModelReference(MODEL, alias=alias)) for alias in (CHALLENGER, CHAMPION)}
    assert {alias: version.version for alias, version in named.items()} == {CHALLENGER: "2", CHAMPION: "1"}
    assert len(mlflow.MlflowClient(stack.tracking_uri).search_model_versions(f"name='{MODEL}'")) == 2


def _check_registered(stack: LocalStack, folder: Path) -> None:
    """The comparison is in the bundle, and its figures are in MLflow's run."""
    challenger = stack.registry.fetch(stack.registry.resolve(ModelReference(MODEL, alias=CHALLENGER)), folder)
    comparison = challenger.comparison()
    assert comparison
    champion = stack.registry.resolve(ModelReference(MODEL, alias=CHAMPION))
    assert (comparison.champion.version, comparison.rows_left_out) == (champion.version, 0)
    assert comparison.auc.low < comparison.auc.value < comparison.auc.high
    client = mlflow.MlflowClient(stack.tracking_uri)
    run_id = client.get_model_version(MODEL, "2").run_id
    assert run_id
    logged = client.get_run(run_id).data
    assert logged.params["champion_version"] == "1"
    assert logged.metrics["champion_auc"] == comparison.champion_metrics["auc"]
    assert logged.metrics["auc_difference"] == comparison.auc.value
    assert logged.metrics["auc_difference_low"] == comparison.auc.low
