"""The arithmetic of the accuracy anchors."""

import json
from pathlib import Path

import pytest
from bench.lab.contender import Contender
from bench.lab.fold_results import FoldKey, FoldResult
from bench.lab.gaps import auc_gaps, gap_of_means, mean_aucs, mean_row_us, row_speed
from bench.lab.lab_figures import record_figures
from bench.lab.lab_report import report_text
from support import figures

AUCS = {
    "easy": {
        Contender.OURS: (0.990, 0.992),
        Contender.AUTOGLUON: (0.993, 0.991),
        Contender.FLAML: (0.980, 0.982),
        Contender.STACK: (0.970, 0.971),
    },
    "hard": {
        Contender.OURS: (0.850, 0.852),
        Contender.AUTOGLUON: (0.840, 0.842),
        Contender.FLAML: (0.848, 0.850),
        Contender.STACK: (0.8300, 0.8302),
    },
}
ROW_US = {
    Contender.OURS: {"easy": 10.0, "hard": 40.0},
    Contender.AUTOGLUON: {"easy": 9_000.0, "hard": 3_000.0},
    Contender.FLAML: {"easy": 1.0, "hard": 1.0},
    Contender.STACK: {"easy": 1.0, "hard": 1.0},
}


def _results() -> list[FoldResult]:
    return [
        FoldResult(FoldKey(name, fold, one, 60.0, "made"), auc, 55.0, ROW_US[one][name], f"{one} in fold {fold}")
        for name, by in AUCS.items()
        for one, aucs in by.items()
        for fold, auc in enumerate(aucs)
    ]


def test_the_gap_of_a_table_is_to_the_best_there_and_that_of_the_means_to_the_best_of_all() -> None:
    aucs = mean_aucs(_results())
    assert auc_gaps(aucs) == pytest.approx({"easy": -0.001, "hard": 0.002})
    # Means: ours 0.921, AutoGluon 0.9165, FLAML 0.915.
    assert gap_of_means(aucs) == pytest.approx(0.0045)


def test_a_fold_that_was_measured_twice_does_not_weigh_double() -> None:
    results = _results()
    assert mean_aucs([*results, results[0]]) == mean_aucs(results)


def test_speed_is_beside_autogluon_where_it_is_least() -> None:
    assert row_speed(mean_row_us(_results())) == pytest.approx(75.0)


def test_figures_and_report_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "FIGURES", tmp_path / "figures.jsonl")
    found = record_figures(_results())
    written = [json.loads(line) for line in (tmp_path / "figures.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {one["name"]: one["holds"] for one in written} == {
        "lab_auc_gap_worst": True,
        "lab_auc_gap_mean": True,
        "lab_row_speed": True,
    }
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in _lines(found)]
    assert ["easy", "0.9910", "0.9920", "0.9810", "0.9705", "-0.0010"] in cells
    assert ["mean", "0.9210", "0.9165", "0.9150", "0.9003", "+0.0045"] in cells
    assert ["hard", "55 / 40", "55 / 3,000", "55 / 1", "55 / 1"] in cells
    assert ["lab_auc_gap_worst", "-0.001", "AUC", ">= -0.002", ""] in cells


def _lines(found: list[figures.Figure]) -> list[str]:
    text = report_text(_results(), found, "- Machine: small.")
    assert "Everybody had 60 s a fold on two cores" in text
    assert "the same 2 folds" in text
    return text.splitlines()
