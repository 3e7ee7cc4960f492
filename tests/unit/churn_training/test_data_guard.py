"""Rows that are valid and all the same not fit for a training that no person asked for."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, Gate, MemberSpec
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_training.asked_by import AskedBy
from churn_training.champion import Champion
from churn_training.datasets import Dataset
from churn_training.errors import DataRejected, FloorMissed, GateFailed
from churn_training.retraining import Retraining
from churn_training.synthetic import synthesize
from churn_training.train import train
from churn_training.unfit_rows import read_span, without_unfit

TREES = MemberSpec(name="trees", kind=MemberKind.LIGHTGBM, parameters={"n_estimators": 8, "num_leaves": 5})
SPEC = EnsembleSpec(name="small", combine=CombineRule.MEAN, members=(TREES,), gate=Gate(margin=1))


@pytest.fixture(scope="module")
def champion(telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Champion:
    return Champion("7", train(SPEC, telco_schema, dataset, 0, tmp_path_factory.mktemp("champion")).bundle)


def _new(schema: FeatureSchema, rows: int = 2000) -> pd.DataFrame:
    return synthesize(schema, rows=rows, seed=1).raw


def _few(schema: FeatureSchema) -> pd.DataFrame:
    return _new(schema, 300)


def _without_churners(schema: FeatureSchema) -> pd.DataFrame:
    raw = _new(schema)
    churned = raw[schema.target.name] == schema.target.positive[0]
    kept: pd.DataFrame = raw[~churned | (np.arange(len(raw)) % 3 == 0)]
    return kept.reset_index(drop=True)


def _with_gaps(schema: FeatureSchema) -> pd.DataFrame:
    raw, name = _new(schema), next(one.name for one in schema.features if one.nullable)
    raw[name] = raw[name].astype(object)
    raw.loc[np.arange(len(raw)) % 4 == 0, name] = None
    return raw


REJECTED: dict[str, tuple[Callable[[FeatureSchema], pd.DataFrame], str]] = {
    "half of the rows are gone": (_few, r"300 rows, the champion was trained from"),
    "most churners are gone": (_without_churners, r"of the rows that judge have churned"),
    "a quarter of a feature is missing": (_with_gaps, r"of the values are missing"),
}


@pytest.mark.parametrize(("rows", "words"), REJECTED.values(), ids=REJECTED.keys())
def test_rows_unlike_the_champions_are_rejected_in_words(
    rows: Callable[[FeatureSchema], pd.DataFrame],
    words: str,
    telco_schema: FeatureSchema,
    champion: Champion,
    tmp_path: Path,
) -> None:
    dataset = Dataset("new", rows(telco_schema))
    with pytest.raises(DataRejected, match=f"(?s)^DataRejected: .*{words}") as refused:
        train(SPEC, telco_schema, dataset, 0, tmp_path, Retraining(AskedBy.DRIFT, champion))
    assert refused.value.exit_code == 2


def test_a_person_is_not_guarded(telco_schema: FeatureSchema, champion: Champion, tmp_path: Path) -> None:
    assert train(SPEC, telco_schema, Dataset("new", _few(telco_schema)), 0, tmp_path, Retraining(champion=champion))


def test_rows_as_before_come_to_the_gate(telco_schema: FeatureSchema, champion: Champion, tmp_path: Path) -> None:
    strict = SPEC.model_copy(update={"gate": Gate(min_auc=0.9999)})
    # It is no better than the champion; and in the other case it would not do without one either.
    for spec, code in ((SPEC, GateFailed.exit_code), (strict, FloorMissed.exit_code)):
        with pytest.raises(GateFailed) as refused:
            train(
                spec, telco_schema, Dataset("new", _new(telco_schema)), 0, tmp_path, Retraining(AskedBy.DRIFT, champion)
            )
        assert refused.value.exit_code == code


def _timed(schema: FeatureSchema) -> FeatureSchema:
    return FeatureSchema.model_validate(schema.model_dump() | {"time": "seen"})


def test_rows_of_a_broken_feed_are_left_out(telco_schema: FeatureSchema) -> None:
    days = pd.DataFrame({"seen": pd.date_range("2026-01-01", periods=10, tz="UTC")})
    spans = [read_span("2026-01-03T00:00:00Z..2026-01-04T12:00:00Z"), read_span("2026-01-10..2026-02-01")]
    left = without_unfit(_timed(telco_schema), days, spans)
    assert [moment.day for moment in left["seen"]] == [1, 2, 5, 6, 7, 8, 9]


def test_without_a_time_no_row_can_be_told_apart(telco_schema: FeatureSchema) -> None:
    rows = pd.DataFrame({"tenure": [1.0, 2.0]})
    assert len(without_unfit(telco_schema, rows, [read_span("2026-01-01..2026-02-01")])) == 2


@pytest.mark.parametrize("text", ["2026-01-01", "2026-02-01..2026-01-01", "soon..later"])
def test_a_span_is_two_moments(text: str) -> None:
    with pytest.raises(ValueError):
        read_span(text)
