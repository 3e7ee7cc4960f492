"""What a stream's two files become: the training part, windows, and what is known when."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bench.loop.stream import StreamSpec, read_streams, stream_of
from churn_models.errors import SpecError

_TARGET = {"name": "left", "positive": "yes", "negative": "no"}
_HOURS = 24


def _frame(rows: int) -> pd.DataFrame:
    """One row an hour."""
    times = pd.date_range("2026-01-01", periods=rows, freq="h").astype(str)
    numbers = np.arange(rows)
    plan = np.where(numbers < 2_000, np.where(numbers % 2, "a", "b"), "new")
    plan = plan.astype(object)
    plan[9::10] = None
    return pd.DataFrame(
        {"id": numbers, "time": times, "plan": plan, "age": numbers / 10, "left": np.where(numbers % 3, "no", "yes")}
    )


def _spec(**changes: object) -> StreamSpec:
    return StreamSpec.model_validate(
        {"target": _TARGET, "categorical": ["plan"], "train_rows": 2_000, "history": 1_500} | changes
    )


def test_categories_are_those_of_the_training_part_and_later_ones_are_unseen() -> None:
    stream = stream_of("one", _spec(), _frame(3_000))
    plan, age = stream.data.schema.features
    assert plan.kind == "categorical"
    assert plan.categories == ("a", "b")
    assert age.kind == "numeric"
    assert stream.unseen[:2_000].sum() == 0
    assert stream.unseen[2_000:].sum(axis=0).tolist() == [900, 0]  # a gap is missing, not unseen
    assert np.isnan(stream.data.matrix[9, 0])
    assert stream.data.target[:4].tolist() == [1, 0, 0, 1]


def test_windows_are_whole_and_begin_where_training_ends() -> None:
    stream = stream_of("one", _spec(), _frame(4_999))
    assert [(one.number, one.first, one.end) for one in stream.windows()] == [(0, 2_000, 3_000), (1, 3_000, 4_000)]


@pytest.mark.parametrize(
    ("delay", "known"),
    [(0.0, 2_999), (500, 2_499), ("0h", 2_999), ("10d", 2_999 - 10 * _HOURS)],
)
def test_a_training_has_the_newest_rows_whose_class_is_known(delay: str | float, known: int) -> None:
    stream = stream_of("one", _spec(label_delay=delay), _frame(4_000))
    rows = stream.known_at(3_000)
    assert rows == slice(known + 1 - 1_500, 3_000)


def test_training_ends_at_a_time() -> None:
    spec = {"train_rows": None, "train_until": "2026-02-01", "label_delay": "1d"}
    assert stream_of("one", _spec(**spec), _frame(1_000)).begins == 31 * _HOURS


@pytest.mark.parametrize("text", ["train_rows: 10\ntrain_until: 2026-02-01", "{}", "train_rows: 0"])
def test_where_training_ends_is_said_once(tmp_path: Path, text: str) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("target: {name: left, positive: a, negative: b}\n" + (text if text != "{}" else ""))
    with pytest.raises(SpecError):
        StreamSpec.from_yaml(path)


def test_a_folder_of_streams_is_read(tmp_path: Path) -> None:
    _frame(3_000).to_parquet(tmp_path / "one.parquet")
    text = 'target: {name: left, positive: "yes", negative: "no"}\ncategorical: [plan]\ntrain_until: 2026-03-01\n'
    (tmp_path / "one.yaml").write_text(text)
    (stream,) = read_streams(tmp_path)
    assert (stream.name, stream.begins) == ("one", 59 * _HOURS)


def test_without_data_there_are_no_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURN_DATA_DIR", str(tmp_path))
    assert read_streams(None) == []
