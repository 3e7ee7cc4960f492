"""The page as a whole: what it is made of, the same bytes for the same facts, whole again from a bundle."""

import re
from pathlib import Path

import pytest
from churn_models.bundle_manifest import EVALUATION
from churn_models.ensemble_spec import EnsembleSpec, Gate
from churn_models.feature_schema import FeatureSchema
from churn_training.cli import main
from churn_training.datasets import Dataset
from churn_training.errors import GateFailed, NotItsOrigin
from churn_training.evaluate import Evaluation
from churn_training.report.facts import Facts
from churn_training.report.later import report_of_bundle
from churn_training.report.write_report import REFUSED, REPORT, page_of
from churn_training.train import Trained, train
from support.command_line import run
from support.report_facts import facts_of, with_hostile_names

TABLES = {
    "data": ["Numbers, of the rows that were fitted on", "Categories, of the rows that were fitted on"],
    "data-quality": [],
    "performance": ["Figures of the ensemble", "Customers in tenths, highest scores first"],
    "champion": [],
    "profit": [],
    "calibration": ["Before and after, lower is better", "Bins of scores"],
    "confusion": ["Decisions and what happened, in customers", "Shares at the threshold"],
    "slices": ["Churn, what the scores expect of it, and AUC"],
    "members": ["Members alone", "Rank correlation of the members' scores (1: they order customers alike)"],
    "importance": [
        "Permutation importance",
        "SHAP summary: what each feature adds to the answer, in probability, of 152 customers",
    ],
    "training": ["Training", "Versions of what computes the scores", "Parameters of the members"],
}


@pytest.fixture(scope="module")
def facts(trained: Trained, spec: EnsembleSpec, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts_of(trained, spec, dataset, tmp_path_factory.mktemp("rows"))


@pytest.fixture(scope="module")
def page(facts: Facts) -> str:
    return page_of(facts)


def _sections(page: str) -> dict[str, str]:
    return dict(re.findall(r'<section id="([a-z-]+)".*?>(.*?)</section>', page, re.DOTALL))


def test_training_writes_every_section_and_table(trained: Trained) -> None:
    sections = _sections((trained.folder / REPORT).read_text(encoding="utf-8"))
    found = {name: re.findall("<caption>(.*?)</caption>", text) for name, text in sections.items()}
    assert found == {name: [each.replace("'", "&#39;") for each in captions] for name, captions in TABLES.items()}
    assert {name: text.count("<svg") for name, text in sections.items() if "<svg" in text} == {
        "performance": 3,
        "calibration": 1,
        "importance": 1,
    }


def test_the_report_is_outside_the_bundle(trained: Trained) -> None:
    assert {path.name for path in trained.folder.iterdir()} == {"bundle", "plots", REPORT}


def test_the_same_facts_give_the_same_bytes(trained: Trained, page: str) -> None:
    assert page == (trained.folder / REPORT).read_text(encoding="utf-8")
    assert not re.search(r"20\d\d-\d\d-\d\d", page)


def test_no_name_of_a_user_is_markup_or_a_formula(facts: Facts, page: str) -> None:
    hostile = page_of(with_hostile_names(facts))
    assert "<script" not in hostile
    assert "<img" not in hostile
    assert "<b>bold" not in hostile
    assert "&lt;script&gt;" in hostile
    assert "顧客" in hostile
    assert hostile.count("<svg") == hostile.count("</svg>") == page.count("<svg")


def test_nothing_is_fetched(page: str) -> None:
    addresses = set(re.findall(r"https?://[^\"'<> ]+", page))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "default-src 'none'" in page


def test_a_bundle_gives_the_page_of_training_to_who_names_what_it_was_trained_from(
    trained: Trained, facts: Facts, spec: EnsembleSpec, dataset: Dataset, telco_schema: FeatureSchema, tmp_path: Path
) -> None:
    (tmp_path / "ensemble.yaml").write_text(spec.model_dump_json(exclude_unset=True))
    (tmp_path / "schema.yaml").write_text(telco_schema.model_dump_json(exclude_unset=True))
    dataset.raw.to_csv(tmp_path / "customers.csv", index=False)
    path = report_of_bundle(trained.folder, tmp_path / "again.html", tmp_path, str(tmp_path / "customers.csv"))
    assert path.read_bytes() == (trained.folder / REPORT).read_bytes()


def test_a_bundle_alone_says_what_it_does_not_hold(
    trained: Trained, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "alone.html"
    ended = run(main, ["report", "--bundle", str(trained.folder / "bundle"), "--output", str(output)], capsys)
    assert ended.exit_code == 0, ended.output
    assert f"the report is in {output}" in ended.output
    assert "--ensemble names them" in ended.output
    sections = _sections(output.read_text(encoding="utf-8"))
    assert list(sections) == list(TABLES)
    assert "name the data set by --dataset" in sections["slices"]
    assert "name it by --ensemble" in sections["profit"]
    assert "not in the bundle" in sections["performance"]


def test_what_a_bundle_was_not_trained_from_is_refused(
    trained: Trained, dataset: Dataset, telco_schema: FeatureSchema, tmp_path: Path
) -> None:
    dataset.raw[1:].to_csv(tmp_path / "fewer.csv", index=False)
    with pytest.raises(NotItsOrigin, match="these are not the rows"):
        report_of_bundle(trained.folder, tmp_path / "never.html", None, str(tmp_path / "fewer.csv"))
    with pytest.raises(NotItsOrigin, match="is not the ensemble"):
        report_of_bundle(trained.folder, tmp_path / "never.html", Path("models/telco"), None)
    with pytest.raises(NotItsOrigin, match="is inside the bundle"):
        report_of_bundle(trained.folder, trained.folder / "bundle" / REPORT, None, None)
    assert not (tmp_path / "never.html").exists()


def test_a_refused_ensemble_leaves_a_report_that_says_why_and_no_bundle(
    spec: EnsembleSpec, telco_schema: FeatureSchema, dataset: Dataset, tmp_path: Path
) -> None:
    trees = next(member for member in spec.members if member.kind == "lightgbm")
    strict = spec.model_copy(update={"gate": Gate(min_auc=0.999), "members": (trees,)})
    with pytest.raises(GateFailed, match=r"at least 0\.999 is required"):
        train(strict, telco_schema, dataset, 0, tmp_path)
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert path.name == REFUSED
    page = path.read_text(encoding="utf-8")
    assert re.search('class="verdict refused" id="verdict">Not good enough to be registered: .*0.999', page)
    assert list(_sections(page)) == list(TABLES)
    assert "none: it was not registered" in page


def test_a_report_that_cannot_be_written_changes_no_training(
    spec: EnsembleSpec,
    telco_schema: FeatureSchema,
    dataset: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("churn_training.train.write_report", full)
    trees = next(member for member in spec.members if member.kind == "lightgbm")
    single = spec.model_copy(update={"members": (trees,)})
    trained = train(single, telco_schema, dataset, 0, tmp_path)
    assert {path.name for path in trained.folder.iterdir()} == {"bundle", "plots"}
    with pytest.raises(GateFailed):
        train(single.model_copy(update={"gate": Gate(min_auc=1)}), telco_schema, dataset, 0, tmp_path)
    assert capsys.readouterr().out.count("there is no report: OSError: no space left") == 2


def test_the_figures_are_those_of_evaluation_json(trained: Trained, page: str) -> None:
    evaluation = Evaluation.model_validate_json((trained.bundle.folder / EVALUATION).read_bytes())
    for figure in evaluation.ensemble.values():
        assert f"<td>{figure.value:.4f}</td><td>{figure.low:.4f} to {figure.high:.4f}</td>" in page
