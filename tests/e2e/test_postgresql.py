"""A real PostgreSQL: ingest is validated and idempotent, and training from the table equals training from the file."""

from pathlib import Path

import pandas as pd
import psycopg
import pytest
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema
from churn_training.cli import main
from churn_training.datasets import Dataset
from churn_training.load import load
from churn_training.train import train
from churn_training.validate import validate
from support.command_line import run


@pytest.fixture(params=[".csv", ".parquet"])
def customers(request: pytest.FixtureRequest, dataset: Dataset, tmp_path: Path) -> str:
    path = tmp_path / f"customers{request.param}"
    if path.suffix == ".csv":
        dataset.raw.to_csv(path, index=False)
    else:
        dataset.raw.to_parquet(path)
    return str(path)


def _ingest(source: str, table: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    ended = run(main, ["ingest", "--ensemble", "models/telco", source, table], capsys)
    return ended.exit_code, ended.output


def test_ingest_twice_leaves_the_rows_of_the_file(
    customers: str, postgresql: str, telco_schema: FeatureSchema, capsys: pytest.CaptureFixture[str]
) -> None:
    table = f"{postgresql}/customers_{Path(customers).suffix[1:]}"
    for _ in range(2):
        code, output = _ingest(customers, table, capsys)
        assert code == 0, output
        assert output.endswith(f"{_without_user(table)} holds the 800 rows of {customers}\n")
    read = validate(telco_schema, load(table))
    pd.testing.assert_frame_equal(read, validate(telco_schema, load(customers)))


def test_training_from_the_table_is_the_training_from_the_file(  # fixtures
    postgresql: str,
    dataset: Dataset,
    spec: EnsembleSpec,
    telco_schema: FeatureSchema,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dataset.raw.to_csv(tmp_path / "customers.csv", index=False)
    table = f"{postgresql}/public.trained"
    _ingest(str(tmp_path / "customers.csv"), table, capsys)
    from_table = train(spec, telco_schema, Dataset("t", load(table)), 0, tmp_path / "a").bundle.manifest
    from_file = train(spec, telco_schema, dataset, 0, tmp_path / "b").bundle.manifest
    assert from_table.dataset.sha256 == from_file.dataset.sha256
    assert from_table.training_id == from_file.training_id


SHOP = """
CREATE TABLE shop AS
SELECT gen_random_uuid() AS customer_id, date '2024-01-01' + n AS signup_date,
    (ARRAY['basic', 'family', 'Familie Süd'])[1 + n % 3] AS "Plan of 2024", (random() * 71)::int + 1 AS months,
    CASE WHEN n % 7 > 0 THEN round((5 + 80 * random())::numeric, 2) END AS fee, random() < 0.5 AS paperless,
    random() < 0.3 AS churned
FROM generate_series(1, 400) AS n
"""


def test_an_ensemble_is_made_from_a_table_of_every_type_and_the_table_keeps_to_it(
    postgresql: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(postgresql) as connection:
        connection.execute(SHOP)
    table, folder = f"{postgresql}/shop", tmp_path / "shop"
    made = run(main, ["init", table, "--output", str(folder)], capsys)
    assert made.exit_code == 0, made.output
    assert postgresql.partition("@")[0].rpartition(":")[2] not in made.output
    checked = run(main, ["check", "--ensemble", str(folder), table], capsys)
    assert checked.exit_code == 0, checked.output
    assert "400 rows are as" in checked.output
    schema = FeatureSchema.from_yaml(folder / "schema.yaml")
    assert (schema.identity, schema.target.positive, schema.target.negative) == ("customer_id", ("true",), ("false",))
    found = {feature.name: (feature.kind, feature.nullable) for feature in schema.features}
    assert found == {
        "Plan of 2024": ("categorical", False),
        "months": ("numeric", False),
        "fee": ("numeric", True),
        "paperless": ("categorical", False),
    }


def test_bad_rows_leave_the_table_as_it_was(
    postgresql: str, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = f"{postgresql}/kept"
    dataset.raw.to_csv(tmp_path / "good.csv", index=False)
    dataset.raw.assign(tenure="x").to_csv(tmp_path / "bad.csv", index=False)
    assert _ingest(str(tmp_path / "good.csv"), table, capsys)[0] == 0
    code, output = _ingest(str(tmp_path / "bad.csv"), table, capsys)
    assert code == 2
    assert "tenure: not a number" in output
    assert len(load(table)) == len(dataset.raw)


def test_somebody_elses_table_of_that_name_is_left_alone(
    postgresql: str, dataset: Dataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(postgresql) as connection:
        connection.execute("CREATE TABLE other (note text)")
        connection.execute("INSERT INTO other VALUES ('keep me')")
    dataset.raw.to_csv(tmp_path / "good.csv", index=False)
    code, output = _ingest(str(tmp_path / "good.csv"), f"{postgresql}/other", capsys)
    assert code == 2
    assert "cannot be written" in output
    assert load(f"{postgresql}/other")["note"].tolist() == ["keep me"]


def test_a_missing_table_is_named(postgresql: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, output = _train(f"{postgresql}/nothing", capsys)
    assert code == 2
    assert 'relation "nothing" does not exist' in output


def _without_user(url: str) -> str:
    return f"postgresql://{url.rpartition('@')[2]}"


def _train(dataset: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    ended = run(main, ["train", "--ensemble", "models/telco", "--dataset", dataset], capsys)
    return ended.exit_code, ended.output
