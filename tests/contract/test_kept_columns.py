"""What `score --keep` lets through, of every kind: the same in Parquet, its text in CSV, or refused by name."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from churn_models.bundle import Bundle
from churn_models.errors import DataInvalid
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.score.score_table import TableScorer, Task
from churn_training.datasets import Dataset
from support.kept_kinds import KINDS, Kind


@pytest.fixture(scope="module")
def scorer(bundle: Bundle) -> TableScorer:
    return TableScorer(bundle, load_evaluator(bundle), print)


@pytest.fixture(scope="module")
def customers(dataset: Dataset) -> pa.Table:
    return pa.Table.from_pandas(dataset.raw.head(2), preserve_index=False)


def _with(customers: pa.Table, kind: Kind, path: Path) -> str:
    pq.write_table(customers.append_column("kept", kind.cells), path)
    return str(path)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_parquet_keeps_every_type(scorer: TableScorer, customers: pa.Table, kind: Kind, tmp_path: Path) -> None:
    source = _with(customers, kind, tmp_path / "in.parquet")
    scorer.score(Task(source, str(tmp_path / "out.parquet"), ["kept"]))
    before, after = (pq.read_table(tmp_path / f"{name}.parquet")["kept"] for name in ("in", "out"))
    if pa.types.is_dictionary(before.type):
        before = before.cast(before.type.value_type)
    assert after.type == before.type
    assert after.to_pylist() == before.to_pylist()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_csv_has_the_text_or_refuses_the_column(
    scorer: TableScorer, customers: pa.Table, kind: Kind, tmp_path: Path
) -> None:
    task = Task(_with(customers, kind, tmp_path / "in.parquet"), str(tmp_path / "out.csv"), ["kept"])
    if kind.csv is None:
        with pytest.raises(
            DataInvalid, match=r"kept: is .* in Parquet, which CSV does not hold; leave it out of --keep"
        ):
            scorer.score(task)
        assert not (tmp_path / "out.csv").exists()
        return
    scorer.score(task)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["kept"] for row in csv.DictReader(file)] == [kind.csv, ""]


def test_a_feature_that_is_kept_is_read_as_text_and_goes_through_as_it_is(
    scorer: TableScorer, customers: pa.Table, tmp_path: Path
) -> None:
    place = customers.schema.get_field_index("Contract")
    as_bytes = customers.set_column(place, "Contract", customers["Contract"].cast(pa.binary()))
    pq.write_table(as_bytes, tmp_path / "in.parquet")
    scored = scorer.score(Task(str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"), ["Contract"]))
    assert not scored.told
    assert pq.read_table(tmp_path / "out.parquet")["Contract"].combine_chunks() == as_bytes["Contract"].combine_chunks()


def test_text_of_csv_stays_text(scorer: TableScorer, dataset: Dataset, tmp_path: Path) -> None:
    dataset.raw.head(2).assign(kept=["007", ""]).to_csv(tmp_path / "in.csv", index=False)
    scorer.score(Task(str(tmp_path / "in.csv"), str(tmp_path / "out.parquet"), ["kept"]))
    assert pq.read_table(tmp_path / "out.parquet")["kept"].to_pylist() == ["007", ""]
