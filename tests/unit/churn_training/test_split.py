"""Which rows judge: the newest where there is a time, else the same customers for ever."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from churn_models.errors import DataInvalid
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_training.judgement_keys import judgement_keys
from churn_training.split import SplitBy, SplitRule, folds, holdout_of, matured, split
from churn_training.synthetic import synthesize
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from support.figures import record

HOUR = 3600


def _schema(**around: object) -> FeatureSchema:
    target = {"name": "churn", "positive": "yes", "negative": "no"}
    features = [
        {"kind": "numeric", "name": "months"},
        {"kind": "categorical", "name": "plan", "categories": ["a", "b"]},
    ]
    return FeatureSchema.model_validate({"target": target, "features": features} | around)


def _data(schema: FeatureSchema, rows: int = 400) -> TrainingData:
    return TrainingData.from_table(schema, validate(schema, synthesize(schema, rows, seed=1).raw))


def test_by_time_the_newest_matured_rows_judge_and_young_ones_are_used_for_nothing() -> None:
    data = _data(_schema(identity="id", time="seen", label_delay="48h"))
    parts = split(data, holdout=0.25)
    assert data.times is not None and parts.rule.cut is not None
    # One row an hour: 48 are too young, and 47 before the cut had no class yet when the first row that judges was seen.
    assert (parts.rule.by, len(parts.waiting)) == (SplitBy.TIME, 48 + 47)
    assert data.times[parts.train].max() == parts.rule.cut - 48 * HOUR
    assert data.times[parts.holdout].min() == parts.rule.cut
    assert data.times[parts.holdout].max() == data.times.max() - 48 * HOUR
    assert len(parts.holdout) == pytest.approx(0.25 * (400 - 48), abs=1)


@pytest.mark.parametrize(
    ("written", "time", "wanted"),
    [
        pytest.param(None, None, 0.2, id="of customers"),
        pytest.param(None, "seen", 0.15, id="of the newest"),
        pytest.param(0.3, "seen", 0.3, id="as written"),
    ],
)
def test_how_many_rows_judge(written: float | None, time: str | None, wanted: float) -> None:
    members = (MemberSpec(name="trees", kind=MemberKind.LIGHTGBM),)
    spec = EnsembleSpec(name="churn", combine=CombineRule.MEAN, members=members, holdout=written)
    schema = _schema(identity="id", **({"time": time} if time else {}))
    assert holdout_of(spec, schema) == wanted


def test_folds_fit_on_rows_whose_class_was_known_before_the_step() -> None:
    data = _data(_schema(identity="id", time="seen", label_delay="48h"))
    assert data.times is not None
    for fitted, left_out in folds(data, 5, seed=0):
        assert data.times[fitted].max() <= data.times[left_out].min() - 48 * HOUR


def test_a_delay_longer_than_the_past_is_told() -> None:
    data = _data(_schema(identity="id", time="seen", label_delay="300h"))
    with pytest.raises(DataInvalid, match=r"rows wait for their class, now or at the cut \(label_delay\)"):
        split(data, 0.2)
    with pytest.raises(DataInvalid, match=r"not of both classes, as far as their class was known then"):
        folds(data.rows(np.arange(200)), 5, seed=0)


def test_rows_of_one_moment_stay_together() -> None:
    data = _data(_schema(identity="id", time="seen", label_delay=0))
    months = TrainingData(data.schema, data.matrix, data.target, data.keys, np.arange(400.0) // 100)
    assert [len(part) for part in (split(months, 0.2).train, split(months, 0.2).holdout)] == [300, 100]


@pytest.mark.parametrize("identity", [pytest.param("id", id="identity"), pytest.param(None, id="content")])
def test_a_customer_kept_for_judgement_is_kept_in_grown_data_and_for_a_larger_share(identity: str | None) -> None:
    schema = _schema(identity=identity)
    raw = synthesize(schema, 1100, seed=1).raw
    before = TrainingData.from_table(schema, validate(schema, raw.head(1000)))
    grown = TrainingData.from_table(schema, validate(schema, raw.sample(frac=1, random_state=0)))
    kept, kept_later = (set(data.keys[split(data, 0.2).holdout]) for data in (before, grown))
    assert 150 < len(kept) < 250
    assert kept < kept_later
    assert not kept_later & set(before.keys[split(before, 0.2).train])
    assert kept_later < set(grown.keys[split(grown, 0.3).holdout])


@pytest.mark.parametrize(
    "around",
    [
        pytest.param({"identity": "id"}, id="identity"),
        pytest.param({}, id="content"),
        pytest.param({"identity": "id", "time": "seen", "label_delay": "10h"}, id="time"),
    ],
)
def test_with_a_tenth_more_data_the_champion_has_seen_none_of_the_rows_that_judge(around: dict[str, object]) -> None:
    schema = _schema(**around)
    raw = synthesize(schema, 2200, seed=3).raw
    before, grown = (TrainingData.from_table(schema, validate(schema, raw.head(rows))) for rows in (2000, 2200))
    fitted = split(before, 0.2)
    judging = grown.rows(split(grown, 0.2).holdout)
    seen = set(before.keys[fitted.train].tolist()) & set(judging.keys.tolist())
    assert record("judgement_rows_seen", len(seen), "rows", "<= 0").holds
    assert not fitted.rule.fitted(judging).any()


@pytest.mark.parametrize(
    ("rule", "around"),
    [
        pytest.param(SplitRule(by=SplitBy.TIME, holdout=0.2, cut=9.0), {"identity": "id"}, id="no time to tell by"),
        pytest.param(SplitRule(by=SplitBy.CONTENT, holdout=0.2), {"identity": "id"}, id="keys of content"),
        pytest.param(SplitRule(by=SplitBy.IDENTITY, holdout=0.2), {}, id="keys of identities"),
    ],
)
def test_a_rule_that_cannot_tell_counts_every_row_as_fitted(rule: SplitRule, around: dict[str, object]) -> None:
    assert rule.fitted(_data(_schema(**around))).all()


def test_keys_are_the_same_for_ever() -> None:
    schema = _schema(identity="id")
    assert judgement_keys(schema, pd.DataFrame({"id": ["C-1"]})).tolist() == [3170182997285205889]
    rows = pd.DataFrame({"months": [3.0, None], "plan": ["a", None]})
    assert judgement_keys(_schema(), rows).tolist() == [10953311661249802801, 18233642070641708168]


@pytest.mark.parametrize("identity", [7.0, "7.0", "007", " 7 ", Decimal("7.00")])
def test_a_customer_stays_on_one_side_whatever_source_names_him(identity: object) -> None:
    schema = _schema(identity="id")
    raw = synthesize(schema, 100, seed=1).raw
    keys = [
        judgement_keys(schema, validate(schema, raw.assign(id=pd.Series([first, *range(1000, 1099)], dtype=object))))
        for first in (7, identity)
    ]
    assert set(keys[0]) == set(keys[1])


def test_alike_rows_are_never_on_both_sides() -> None:
    schema = _schema()
    raw = synthesize(schema, 300, seed=2).raw
    data = TrainingData.from_table(schema, validate(schema, pd.concat([raw, raw])))
    pairs = [(parts.train, parts.holdout) for parts in [split(data, 0.2)]] + folds(data, 5, seed=0)
    for fitted, left_out in pairs:
        assert not set(data.keys[fitted]) & set(data.keys[left_out])


def test_folds_score_every_row_once_with_the_classes_as_frequent() -> None:
    data = _data(_schema(identity="id"))
    pairs = folds(data, 5, seed=3)
    assert sorted(np.concatenate([left_out for _, left_out in pairs])) == list(range(400))
    for _, left_out in pairs:
        assert data.target[left_out].mean() == pytest.approx(data.target.mean(), abs=0.02)


def test_folds_go_forward_in_time() -> None:
    data = _data(_schema(identity="id", time="seen"))
    assert data.times is not None
    pairs = folds(data, 5, seed=0)
    assert [len(left_out) for _, left_out in pairs] == [40] * 5
    for fitted, left_out in pairs:
        assert data.times[fitted].max() < data.times[left_out].min()


def _of_moments(times: list[float], churned: list[int]) -> TrainingData:
    rows = len(times)
    keys = np.arange(rows, dtype=np.uint64)
    matrix = np.zeros((rows, 2), dtype=np.float32)
    return TrainingData(_schema(time="seen"), matrix, np.array(churned), keys, np.array(times))


def test_folds_of_one_moment_are_cut_by_customers() -> None:
    pairs = folds(_of_moments([7.0] * 40, [0, 1] * 20), 5, seed=0)
    assert sorted(np.concatenate([left_out for _, left_out in pairs])) == list(range(40))


def test_folds_of_a_few_moments_go_forward_though_most_rows_are_of_the_oldest() -> None:
    data = _of_moments([1.0] * 30 + [2.0] * 10, [0, 1] * 20)
    ((fitted, left_out),) = folds(data, 5, seed=0)
    assert (fitted.tolist(), left_out.tolist()) == (list(range(30)), list(range(30, 40)))


def test_folds_leave_out_steps_before_which_nobody_churned() -> None:
    data = _of_moments([float(moment) for moment in range(40)], [0] * 25 + [0, 1] * 7 + [0])
    assert [left_out.min() for _, left_out in folds(data, 5, seed=0)] == [28, 32, 36]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        pytest.param(_of_moments([1.0] * 20 + [2.0] * 20, [0] * 20 + [0, 1] * 10), "not of both classes", id="time"),
        pytest.param(
            replace(
                _of_moments([1.0] * 40, [0, 1] * 20),
                keys=np.arange(10, 50).astype(np.uint64) // np.uint64(10),
                times=None,
            ),
            "only 4 different ones",
            id="content",
        ),
    ],
)
def test_folds_that_cannot_be_cut_are_a_fault_of_the_data(data: TrainingData, fault: str) -> None:
    with pytest.raises(DataInvalid, match=fault):
        folds(data, 5, seed=0)


def test_nothing_matured_is_told_as_a_fault_of_the_data() -> None:
    data = _data(_schema(identity="id", time="seen", label_delay="400d"))
    assert not matured(data).any()
    with pytest.raises(DataInvalid, match="400 rows wait for their class"):
        split(data, 0.2)


def test_one_moment_alone_cannot_be_split() -> None:
    schema = _schema(identity="id", time="seen", label_delay=0)
    raw = synthesize(schema, 100, seed=1).raw.assign(seen=7)
    with pytest.raises(DataInvalid, match="the rows to fit on need 2 of each class; they are 0"):
        split(TrainingData.from_table(schema, validate(schema, raw)), 0.2)
