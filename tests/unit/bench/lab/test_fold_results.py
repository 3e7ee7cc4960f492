"""What a second run takes over from the first, and what it does not."""

from pathlib import Path

import pytest
from bench.lab.__main__ import measured, plan
from bench.lab.contender import Contender
from bench.lab.fold_results import FoldKey, FoldResult, keep_result, read_results
from bench.lab.folds import FOLDS, FoldFiles
from bench.lab.run_fold import FoldFailed

KEY = FoldKey("telco", 0, Contender.OURS, 60.0, "abc")
OTHERS = {
    "another table": KEY._replace(data_set="mlc_churn"),
    "another fold": KEY._replace(fold=1),
    "another contender": KEY._replace(contender=Contender.FLAML),
    "another budget": KEY._replace(budget_seconds=5.0),
    "made by other files": KEY._replace(made_by="abd"),
}


def _result(key: FoldKey, auc: float = 0.85) -> FoldResult:
    return FoldResult(key, auc, 58.0, 12.5, "mean of xgboost")


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_only_the_same_measurement_is_taken_over(tmp_path: Path, other: FoldKey) -> None:
    path = tmp_path / "build" / "results.jsonl"
    assert read_results(path, [KEY]) == {}
    keep_result(path, _result(KEY))
    assert read_results(path, [KEY, other]) == {KEY: _result(KEY)}


def test_the_newest_counts_and_a_line_that_was_cut_does_not(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    keep_result(path, _result(KEY))
    keep_result(path, _result(KEY, 0.86))
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text[:60], encoding="utf-8")
    assert read_results(path, [KEY])[KEY].auc == 0.86


def test_a_run_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.lab.__main__.RESULTS", tmp_path / "results.jsonl")
    asked: list[FoldKey] = []
    fails_at = KEY._replace(contender=Contender.FLAML, fold=1)

    def run(key: FoldKey, _: FoldFiles, __: Path) -> FoldResult:
        asked.append(key)
        if key == fails_at and asked.count(key) == 1:
            raise FoldFailed("killed")
        return _result(key)

    monkeypatch.setattr("bench.lab.__main__.run_fold", run)
    files = {"telco": [FoldFiles(tmp_path, tmp_path)] * FOLDS}
    keys = [key._replace(made_by="abc") for key in plan(60.0, files)]
    with pytest.raises(FoldFailed):
        measured(keys, files)
    before = asked[:-1]
    results = measured(keys, files)
    assert [one.key for one in results] == keys
    assert asked == [*before, fails_at, *keys[len(before) :]]


def test_changed_training_makes_ours_anew_and_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.lab.contender._ROOT", tmp_path)
    source = tmp_path / "training" / "src" / "search.py"
    source.parent.mkdir(parents=True)
    source.write_text("a = 1", encoding="utf-8")
    before = {one: one.made_by for one in Contender}
    source.write_text("a = 2", encoding="utf-8")
    assert [one for one in Contender if one.made_by != before[one]] == [Contender.OURS]
