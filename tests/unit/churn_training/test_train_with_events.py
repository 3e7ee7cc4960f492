"""A training with the features of the stream: what its bundle carries, and that customers' last weeks tell more."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from churn_models.combine import CombineRule
from churn_models.encoding import encode
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_models.scoring.scorer import load_scorer
from churn_models.stream_features.layout import StateLayout
from churn_training.cli import main
from churn_training.datasets import Dataset, open_dataset
from churn_training.event_features import with_event_features
from churn_training.metrics import Metric
from churn_training.report.later import judged_rows_of
from churn_training.train import Trained, train
from support.command_line import run
from support.stream_events import CustomersWithEvents, made_up, schema_with_stream

SPEC = EnsembleSpec(
    name="moving",
    combine=CombineRule.MEAN,
    members=(MemberSpec(name="trees", kind=MemberKind.LIGHTGBM, parameters={"n_estimators": 30, "num_leaves": 7}),),
)
SCHEMA = schema_with_stream()


@pytest.fixture(scope="module")
def world() -> CustomersWithEvents:
    return made_up(1500, seed=3)


@pytest.fixture(scope="module")
def trained(world: CustomersWithEvents, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    folder = tmp_path_factory.mktemp("events")
    world.customers.to_parquet(folder / "customers.parquet")
    world.events.to_parquet(folder / "events.parquet")
    dataset = open_dataset(str(folder / "customers.parquet"), SPEC, SCHEMA, str(folder / "events.parquet"))
    return train(SPEC, SCHEMA, dataset, 0, folder)


def test_events_make_the_ensemble_better(trained: Trained, world: CustomersWithEvents, tmp_path: Path) -> None:
    without = FeatureSchema.model_validate(SCHEMA.model_dump() | {"features": SCHEMA.features[:2]})
    before = train(SPEC, without, Dataset("customers", world.customers), 0, tmp_path)
    after, plain = (one.evaluation.ensemble[Metric.AUC].value for one in (trained, before))
    assert after > plain + 0.05


def test_the_bundle_knows_its_features_of_the_stream(trained: Trained) -> None:
    schema = trained.bundle.schema()
    assert [one.definition for one in schema.stream] == [one.definition for one in SCHEMA.stream]
    assert StateLayout.of(schema.stream).digest == StateLayout.of(SCHEMA.stream).digest
    assert all(one.seen is not None for one in schema.stream)


def test_a_report_finds_the_rows_that_judged_it_again(trained: Trained) -> None:
    folder = trained.folder.parents[1]
    rows = judged_rows_of(trained.bundle, str(folder / "customers.parquet"), str(folder / "events.parquet"))
    assert rows.shape == (len(trained.bundle.holdout().keys), len(SCHEMA.names))


def test_rows_without_them_are_scored_with_all_of_them_missing(trained: Trained) -> None:
    schema, scorer = trained.bundle.schema(), load_scorer(trained.bundle)
    row: dict[str, list[Any]] = {"months": [12], "contract": ["monthly"]}
    matrix = encode(schema, row).matrix
    assert np.isnan(matrix[0, 2:]).all()
    named = encode(schema, row | {one.name: [None] for one in schema.stream}).matrix
    assert scorer.score(matrix).ensemble == scorer.score(named).ensemble


def test_the_command_takes_events(
    world: CustomersWithEvents, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.customers.to_csv(tmp_path / "customers.csv", index=False)
    world.events.to_parquet(tmp_path / "events.parquet")
    document = SCHEMA.model_dump(mode="json", by_alias=True, exclude_none=True)
    (tmp_path / "schema.yaml").write_text(yaml.safe_dump(document))
    (tmp_path / "ensemble.yaml").write_text(yaml.safe_dump(SPEC.model_dump(mode="json", exclude_defaults=True)))
    checked = ["check", "--ensemble", str(tmp_path), str(tmp_path / "customers.csv")]
    ended = run(main, [*checked, "--events", str(tmp_path / "events.parquet")], capsys)
    assert f"{len(world.customers)} rows are as" in ended.output
    assert "name the customers' events by --events" in run(main, checked, capsys).output


def test_labels_are_given_what_a_replay_up_to_them_gives(world: CustomersWithEvents, tmp_path: Path) -> None:
    world.events.to_parquet(tmp_path / "events.parquet")
    found = with_event_features(SCHEMA, world.customers, str(tmp_path / "events.parquet"))
    one = world.customers.iloc[7]
    label = pd.Timestamp(one["seen"]).timestamp()
    his = world.events[(world.events["customer"] == one["customer"]) & (world.events["time"] <= label)]
    recent = his[np.floor(his["time"] / (14 * 3600)) > np.floor(label / (14 * 3600)) - 24]
    assert found.loc[7, "support_14d"] == recent["support"].sum()
    assert found.loc[7, "silent_for"] == pytest.approx(label - his["time"].max())
