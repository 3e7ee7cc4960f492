"""`search` end to end on a small table: tried, gone on with, and trained to a bundle that compiled code scores."""

import html
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from churn_models.bundle import open_bundle
from churn_models.ensemble_spec import EnsembleSpec, load_ensemble
from churn_models.scoring.scorer import load_scorer
from churn_runtimes.evaluator.gate_rows import random_rows
from churn_runtimes.evaluator.load import load_evaluator
from churn_training.cli import main
from churn_training.datasets import Dataset
from support.command_line import run
from support.searchable_ensemble import KINDS, searchable_ensemble


@pytest.fixture
def ensemble(spec: EnsembleSpec, tmp_path: Path) -> Path:
    """Three kinds of members with few trees."""
    return searchable_ensemble(spec, tmp_path / "mine")


def test_a_search_goes_on_and_ends_in_a_bundle(
    ensemble: Path, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customers, found = tmp_path / "customers.csv", tmp_path / "found"
    dataset.raw.to_csv(customers, index=False)
    said = ["search", "--ensemble", str(ensemble), "--dataset", str(customers), "--output", str(found)]

    first = run(main, [*said, "--trials", "2", "--worker"], capsys)
    assert first.exit_code == 0, first.output
    assert "2 of 2 trials; trial 1: " in first.output
    assert not (found / "ensemble.yaml").exists()

    second = run(main, [*said, "--trials", "4"], capsys)
    assert second.exit_code == 0, second.output
    assert "goes on after 2 trials" in second.output
    assert "4 of 4 trials; trial 3: " in second.output
    why = (found / "ensemble.yaml").read_text(encoding="utf-8").splitlines()[0].removeprefix("# Found by `search`: ")
    assert f"  {why}\n" in second.output
    assert "on the rows that judge, expect an AUC from 0." in second.output
    assert f"{why[1:]}." in html.unescape((found / "search.html").read_text(encoding="utf-8"))
    assert json.loads((found / "search.json").read_text(encoding="utf-8"))["why"] == why

    options = ["--dataset", str(customers), "--output", str(tmp_path / "bundles")]
    trained = run(main, ["train", "--ensemble", str(found), *options], capsys)
    assert trained.exit_code == 0, trained.output
    wanted, _ = load_ensemble(found)
    bundle = open_bundle(next((tmp_path / "bundles").glob("*/*/bundle")))
    assert [member.name for member in bundle.manifest.members] == [member.name for member in wanted.members]
    assert bundle.manifest.combine == wanted.combine
    assert not load_evaluator(bundle).is_slow


def test_what_a_search_with_a_name_has_found_is_trained_elsewhere(
    ensemble: Path, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customers = tmp_path / "customers.csv"
    dataset.raw.to_csv(customers, index=False)
    given = ["--ensemble", str(ensemble), "--dataset", str(customers), "--study", "churn.telco"]
    given += ["--storage", f"sqlite:///{tmp_path / 'study.db'}", "--name", "telco-eu"]
    train = ["train", *given, "--output", str(tmp_path / "bundles")]
    early = run(main, train, capsys)
    assert (early.exit_code, "has found nothing" in early.output) == (1, True), early.output

    # Two pods of an Indexed Job; the table that they read changes meanwhile.
    search = ["search", *given, "--trials", "1"]
    worker = run(main, [*search, "--output", str(tmp_path / "1")], capsys, {"JOB_COMPLETION_INDEX": "1"})
    assert worker.exit_code == 0, worker.output
    assert not (tmp_path / "1" / "ensemble.yaml").exists()
    dataset.raw.iloc[:-20].to_csv(customers, index=False)
    chooser = run(main, [*search, "--output", str(tmp_path / "0")], capsys, {"JOB_COMPLETION_INDEX": "0"})
    assert chooser.exit_code == 0, chooser.output
    assert "goes on after 1 trials" in chooser.output

    trained = run(main, train, capsys)
    assert trained.exit_code == 0, trained.output
    wanted, _ = load_ensemble(tmp_path / "0")
    bundle = open_bundle(next((tmp_path / "bundles").glob("*/*/bundle")))
    assert bundle.manifest.model == "telco-eu"
    assert [member.name for member in bundle.manifest.members] == [member.name for member in wanted.members]


def test_a_nested_search_proves_procedures_and_goes_on(
    ensemble: Path, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customers, found = tmp_path / "customers.csv", tmp_path / "found"
    dataset.raw.head(300).to_csv(customers, index=False)
    said = ["search", "--ensemble", str(ensemble), "--dataset", str(customers), "--output", str(found)]
    said += ["--nested", "--trials", "1"]

    first = run(main, said, capsys)
    assert first.exit_code == 0, first.output
    words = "nested: 11 searches, one inside each of 10 folds and one on all rows: 1 trials each, 11 in all"
    assert words in first.output
    assert first.output.count("1 of 1 trials; trial 0: ") == 11
    report = json.loads((found / "search.json").read_text(encoding="utf-8"))
    names = ["the ensemble as written", "the best trial", "the greedy selection", *(f"{kind} alone" for kind in KINDS)]
    assert [one["name"] for one in report["candidates"]] == names
    assert {len(one["aucs"]) for one in report["candidates"]} == {10}
    assert "in each of 10 folds the search was done anew" in (found / "search.html").read_text(encoding="utf-8")
    written = (found / "ensemble.yaml").read_bytes()

    again = run(main, said, capsys)
    assert again.exit_code == 0, again.output
    assert "trial 0: " not in again.output
    assert (found / "ensemble.yaml").read_bytes() == written


def test_a_feature_that_decides_is_found_trained_and_scored_by_compiled_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ensemble, customers, found = tmp_path / "mine", tmp_path / "customers.csv", tmp_path / "found"
    _write_customers_of_a_ratio(ensemble, customers)
    said = ["search", "--ensemble", str(ensemble), "--dataset", str(customers), "--output", str(found)]

    searched = run(main, [*said, "--trials", "2", "--features"], capsys)
    assert searched.exit_code == 0, searched.output
    assert "  4 proposed, " in searched.output
    _, schema = load_ensemble(found)
    assert schema.derived, searched.output
    name = schema.derived[0].name
    assert name == "paid_per_months"
    assert f"    {name} is " in searched.output
    assert f"# {name} is " in (found / "schema.yaml").read_text(encoding="utf-8")
    assert f"{name} is " in html.unescape((found / "search.html").read_text(encoding="utf-8"))

    options = ["--dataset", str(customers), "--output", str(tmp_path / "bundles")]
    trained = run(main, ["train", "--ensemble", str(found), *options], capsys)
    assert trained.exit_code == 0, trained.output
    bundle = open_bundle(next((tmp_path / "bundles").glob("*/*/bundle")))
    evaluator = load_evaluator(bundle)
    assert not evaluator.is_slow
    rows = random_rows(np.random.default_rng(0), bundle.schema(), 500)
    difference = evaluator.score(rows).ensemble - load_scorer(bundle).score(rows).ensemble
    assert float(np.abs(difference).max()) <= 1e-6


def _write_customers_of_a_ratio(ensemble: Path, customers: Path) -> None:
    """Who pays much for each month churns, which a logistic regression cannot see from the two numbers."""
    generator = np.random.default_rng(0)
    months, share = np.exp(np.array([[2.0], [0.5]]) * generator.normal(size=(2, 900)))
    paid, churns = months * share, np.log(share) + 0.3 * generator.normal(size=900) > 0.3
    table = pd.DataFrame({"id": range(900), "paid": paid, "months": months, "churn": np.where(churns, "yes", "no")})
    table.to_csv(customers, index=False)
    ensemble.mkdir()
    schema = {
        "identity": "id",
        "target": {"name": "churn", "positive": "yes", "negative": "no"},
        "features": [{"kind": "numeric", "name": "paid"}, {"kind": "numeric", "name": "months"}],
    }
    spec = {"name": "mine", "combine": "mean", "members": [{"name": "linear", "kind": "logistic-regression"}]}
    (ensemble / "schema.yaml").write_text(yaml.safe_dump(schema, sort_keys=False), encoding="utf-8")
    (ensemble / "ensemble.yaml").write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "exit_code", "words"),
    [
        pytest.param(["--sampler", "annealing"], 2, "'tpe', 'gp', 'cmaes', 'nsga2', 'random'", id="a sampler"),
        pytest.param(["--trials", "0"], 2, "--trials", id="no trial"),
        pytest.param(["--storage", "mysql://u:secret@h/d"], 1, "--storage is postgresql://", id="a storage"),
        pytest.param(["--storage", "postgresql://u:secret@127.0.0.1:9/d"], 4, "127.0.0.1", id="nobody there"),
        pytest.param(["--dataset", "nowhere.csv"], 2, "nowhere.csv", id="no data"),
    ],
)
def test_what_cannot_be_is_said(  # noqa: PLR0913, PLR0917  # a table's columns and pytest's fixtures
    options: list[str],
    exit_code: int,
    words: str,
    ensemble: Path,
    dataset: Dataset,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    customers = tmp_path / "customers.csv"
    dataset.raw.to_csv(customers, index=False)
    said = ["search", "--ensemble", str(ensemble), "--dataset", str(customers), "--output", str(tmp_path / "found")]
    ended = run(main, [*said, *options], capsys, {"COLUMNS": "200"})
    assert ended.exit_code == exit_code, ended.output
    assert words in ended.output
    assert "secret" not in ended.output
    assert not (tmp_path / "found" / "ensemble.yaml").exists()
