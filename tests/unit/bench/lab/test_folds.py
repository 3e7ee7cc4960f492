"""Which rows are on which side, and what contenders are given."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bench.lab.data_set import DATA_SETS, DataMissing, DataSet, read_tables
from bench.lab.fold_task import TARGET
from bench.lab.folds import FOLDS, folds_of, write_folds

ROWS = 600


def _table() -> pd.DataFrame:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"a": random.integers(0, 12, ROWS), "b": random.choice(["x", "y"], ROWS)})
    return table.assign(**{TARGET: (random.random(ROWS) < 0.2).astype(int)})


def test_every_row_is_asked_once_and_never_fitted_under_another_number() -> None:
    table = _table()
    folds = list(folds_of(table))
    assert len(folds) == FOLDS
    assert sorted(np.concatenate([asked for _, asked in folds])) == list(range(ROWS))
    for fitted, asked in folds:
        sides = [set(map(tuple, table.iloc[side][["a", "b"]].to_numpy())) for side in (fitted, asked)]
        assert not sides[0] & sides[1]
        assert abs(table.iloc[asked][TARGET].mean() - table[TARGET].mean()) < 0.06


def test_files_hold_the_rows_of_the_folds(tmp_path: Path) -> None:
    table = _table()
    for files, (fitted, asked) in zip(write_folds(table, tmp_path), folds_of(table), strict=True):
        pd.testing.assert_frame_equal(pd.read_csv(files.train), table.iloc[fitted].reset_index(drop=True))
        pd.testing.assert_frame_equal(pd.read_csv(files.test), table.iloc[asked].reset_index(drop=True))


def test_who_left_is_one_and_what_gives_it_away_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bank.csv").write_text("id,Flag,age,cheat\n1,Gone,30,0.9\n2,Stays, ,0.1\n", encoding="utf-8")
    monkeypatch.setenv("CHURN_DATA_DIR", str(tmp_path))
    table = read_tables([DataSet("bank", "Flag", "Gone", ("id", "cheat"))])["bank"]
    assert list(table.columns) == ["age", TARGET]
    assert table[TARGET].tolist() == [1, 0]
    assert np.isnan(table["age"].iloc[1])


def test_missing_tables_are_named_with_where_they_were_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "telco.csv").write_text("", encoding="utf-8")
    monkeypatch.setenv("CHURN_DATA_DIR", str(tmp_path))
    with pytest.raises(DataMissing) as raised:
        read_tables(DATA_SETS)
    for words in ("mlc_churn.csv", "iranian_churn.csv", "bank_churners.csv", str(tmp_path), "CHURN_DATA_DIR"):
        assert words in str(raised.value)
    assert "telco.csv" not in str(raised.value)
