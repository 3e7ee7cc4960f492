"""Reports in a real browser: all there, nothing fetched, nothing run, readable light, dark and narrow."""

from pathlib import Path

import mlflow
import pytest
from churn_models.ensemble_spec import EnsembleSpec
from churn_training.cli import main
from churn_training.datasets import Dataset
from churn_training.report.write_report import REPORT, write_report
from churn_training.search.page.write_page import write_search_page
from churn_training.search.trial_runs import STUDY_TAG
from churn_training.train import Trained
from support.browser import Opened, opened
from support.command_line import run
from support.local_stack import LocalStack
from support.report_facts import facts_of, with_hostile_names
from support.search_facts import search_facts
from support.searchable_ensemble import searchable_ensemble

SECTIONS = [
    *("data", "data-quality", "performance", "champion", "profit", "calibration"),
    *("confusion", "slices", "members", "importance", "training"),
]
DRAWINGS = 5
PARENT = "mlflow.parentRunId"
PHONE, A4 = 360, 718
"""Widths in pixels; of the sheet between its usual margins."""
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
LINE = "getComputedStyle(document.querySelector('svg path[style*=\"--first\"]')).stroke"


def _check_that_it_is_whole(found: Opened, path: Path) -> None:
    page = found.page
    assert found.said == []
    assert found.asked == [path.resolve().as_uri()]
    assert page.locator("main > section").evaluate_all("all => all.map(one => one.id)") == SECTIONS
    assert page.locator("svg[role=img][aria-label]").count() == page.locator("svg").count() == DRAWINGS
    heights = page.locator("svg").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert min(heights) > 150
    assert page.locator("table").count() == page.locator("table > caption").count() > len(SECTIONS)
    assert page.locator("th:not([scope])").count() == 0
    ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
    assert len(ids) == len(set(ids))
    assert page.locator("script, iframe, img, link, object, embed, [onerror], [onload]").count() == 0


def _needs(found: Opened, width: int) -> int:
    found.page.set_viewport_size({"width": width, "height": 800})
    return int(found.page.evaluate("document.documentElement.scrollWidth"))


def test_the_report_of_a_training(trained: Trained) -> None:
    path = trained.folder / REPORT
    with opened(path) as found:
        _check_that_it_is_whole(found, path)
        page = found.page
        page.emulate_media(color_scheme="light")
        light = page.evaluate(BACKGROUND), page.evaluate(LINE)
        page.emulate_media(color_scheme="dark")
        dark = page.evaluate(BACKGROUND), page.evaluate(LINE)
        assert light[0] == "rgb(255, 255, 255)"
        assert all(one != other for one, other in zip(light, dark, strict=True))
        page.emulate_media(media="print", color_scheme="dark")
        assert (page.evaluate(BACKGROUND), page.evaluate(LINE)) == light
        assert len(page.pdf(format="A4")) > 20_000
        assert _needs(found, width=A4) <= A4
        page.emulate_media(media="screen")
        assert _needs(found, width=PHONE) <= PHONE


def test_names_of_users_are_text_whatever_they_look_like(
    trained: Trained, spec: EnsembleSpec, dataset: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / REPORT
    write_report(with_hostile_names(facts_of(trained, spec, dataset, tmp_path)), path)
    with opened(path) as found:
        _check_that_it_is_whole(found, path)
        assert found.page.title() == "Training of small"
        assert found.page.locator("th", has_text="gender </text></svg><script>").count() > 0
        assert found.page.locator("svg text", has_text="gender </text></svg><script>").count() == 1
        assert _needs(found, width=PHONE) <= PHONE


def test_the_report_of_a_search(tmp_path: Path) -> None:
    with opened(write_search_page(search_facts(), tmp_path)) as found:
        page = found.page
        assert found.said == []
        assert len(found.asked) == 1
        assert page.locator("main > section").count() == 5
        assert page.locator("svg[role=img][aria-label]").count() == page.locator("svg").count() == 3
        assert page.locator("#choice svg text", has_text="the ensemble as written").count() == 1
        assert _needs(found, width=PHONE) <= PHONE


def test_what_a_search_left_in_mlflow_opens_without_a_network(  # pytest's fixtures
    spec: EnsembleSpec, dataset: Dataset, stack: LocalStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    customers = tmp_path / "customers.csv"
    dataset.raw.to_csv(customers, index=False)
    ensemble = searchable_ensemble(spec, tmp_path / "mine")
    said = ["search", "--ensemble", str(ensemble), "--dataset", str(customers), "--output", str(tmp_path / "found")]
    ended = run(main, [*said, "--trials", "2", "--tracking-uri", stack.tracking_uri], capsys)
    assert ended.exit_code == 0, ended.output

    client = mlflow.MlflowClient(stack.tracking_uri)
    experiment = client.get_experiment_by_name(spec.name)
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = (each for each in runs if STUDY_TAG in each.data.tags)
    children = {each.info.run_name for each in runs if each.data.tags.get(PARENT) == parent.info.run_id}
    assert children == {"trial 0", "trial 1"}
    path = Path(client.download_artifacts(parent.info.run_id, "search.html", str(tmp_path)))
    assert path.read_bytes() == (tmp_path / "found" / "search.html").read_bytes()
    with opened(path) as found:
        assert found.said == []
        assert found.asked == [path.resolve().as_uri()]
        assert parent.data.tags["mlflow.note.content"][1:] in found.page.locator("#verdict").inner_text()
        assert found.page.locator("#choice tbody tr", has_text=parent.data.tags["winner"]).count() >= 1
        heights = found.page.locator("svg").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
        assert min(heights) > 50


def test_a_script_that_got_in_would_not_run(trained: Trained, tmp_path: Path) -> None:
    path = tmp_path / REPORT
    page = (trained.folder / REPORT).read_text(encoding="utf-8")
    path.write_text(page.replace("</body>", "<script>document.title = 'run'</script></body>"), encoding="utf-8")
    with opened(path) as found:
        assert found.page.title() == "Training of small"
        assert any("Content Security Policy" in text for text in found.said)
