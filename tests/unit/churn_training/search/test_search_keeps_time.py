"""Whole searches by a clock that goes on with every look at it: they end in time, and say what that has cost."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from churn_models.feature_schema import FeatureSchema
from churn_training.errors import SearchImpossible
from churn_training.search.run_trials import Sampling
from churn_training.search.sampler_name import SamplerName
from churn_training.search.search_ensemble import Asked, search
from churn_training.search.search_time import SearchTime
from churn_training.synthetic import synthesize
from support.searchable_ensemble import SHALLOW_AND_DEEP

SCHEMA = FeatureSchema.model_validate(
    {
        "target": {"name": "churn", "positive": "yes", "negative": "no"},
        "identity": "id",
        "features": [{"kind": "numeric", "name": name} for name in ("months", "paid")],
    }
)
LOOK = 0.5
"""Seconds that pass with every look at the clock; a fit looks three times."""
A_FIT = 3 * LOOK


class Ticking:
    """A clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The seconds that it shows."""
        self.now += LOOK
        return self.now


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    return synthesize(SCHEMA, 300, seed=1).raw


def _search(
    folder: Path, raw: pd.DataFrame, seconds: float, trials: int | None = None, **asked: Any
) -> tuple[SearchTime, dict[str, Any]]:
    written = folder / "written"
    written.mkdir(exist_ok=True)
    (written / "schema.yaml").write_text("target: {}\n", encoding="utf-8")
    time = SearchTime(seconds, Ticking())
    found = folder / "found"
    search(Asked(written, found, trials, time, Sampling(SamplerName.RANDOM, 0), **asked), SHALLOW_AND_DEEP, SCHEMA, raw)
    return time, json.loads((found / "search.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("seconds", "asked", "proved", "all_compared"),
    [
        pytest.param(1000, {"trials": 2}, True, True, id="time for everything"),
        pytest.param(200, {}, True, False, id="time for some candidates"),
        pytest.param(45, {}, False, False, id="time for no proof"),
        pytest.param(40, {"proves": False}, False, False, id="no proof asked for"),
    ],
)
def test_a_search_ends_in_time(
    tmp_path: Path, raw: pd.DataFrame, seconds: float, asked: dict[str, Any], proved: bool, all_compared: bool
) -> None:
    time, report = _search(tmp_path, raw, seconds, **asked)
    assert time.passed <= seconds + A_FIT
    assert report["proved"] is proved
    assert (report["not_compared"] == []) is all_compared
    assert (tmp_path / "found" / "search.html").is_file()


def test_without_time_for_one_trial_it_says_what_to_do(tmp_path: Path, raw: pd.DataFrame) -> None:
    with pytest.raises(SearchImpossible, match="give it more --trials or --hours"):
        _search(tmp_path, raw, A_FIT)


def test_the_trial_that_was_cut_comes_first_when_the_search_goes_on(tmp_path: Path, raw: pd.DataFrame) -> None:
    with pytest.raises(SearchImpossible):
        _search(tmp_path, raw, 6 * A_FIT, proves=False)
    _, report = _search(tmp_path, raw, 40, proves=False)
    assert report["winner"]


def test_features_are_derived_anew_inside_each_fold_of_a_nested_search(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Forward in time there are five folds, not twice five.
    schema = SCHEMA.model_copy(update={"time": "seen"})
    asked = Asked(tmp_path, tmp_path / "found", 1, SearchTime(), Sampling(SamplerName.RANDOM, 0), is_nested=True)
    (tmp_path / "schema.yaml").write_text("target: {}\n", encoding="utf-8")
    search(replace(asked, derives=True), SHALLOW_AND_DEEP, schema, synthesize(schema, 300, seed=1).raw)
    said = capsys.readouterr().out
    folds = said.count("search inside a fold")
    assert said.count("features derived from others") == folds + 1
    report = json.loads((tmp_path / "found" / "search.json").read_text(encoding="utf-8"))
    assert {len(one["aucs"]) for one in report["candidates"]} == {folds} == {5}
    assert (report["proved"], report["not_compared"]) == (True, [])


def test_what_another_machine_has_tried_is_concluded_from_without_its_scores(tmp_path: Path, raw: pd.DataFrame) -> None:
    _search(tmp_path, raw, 1000, trials=2)
    shutil.rmtree(tmp_path / "found" / "search" / "scores")
    _, report = _search(tmp_path, raw, 2 * LOOK, trials=2)
    assert not report["proved"]
