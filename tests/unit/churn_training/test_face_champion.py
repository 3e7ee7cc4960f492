"""The challenger beside the champion: same rows, same schema or a named change, a margin by who asked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.bundle_manifest import EVALUATION, SCHEMA, BundleManifest
from churn_models.combine import CombineRule
from churn_models.comparison import Comparison
from churn_models.ensemble_spec import EnsembleSpec, Gate, MemberSpec
from churn_models.errors import MemberUnreadable
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_models.registry import ModelVersion, Registry
from churn_training.asked_by import AskedBy
from churn_training.champion import Champion, fetched_champion
from churn_training.compare import Paired, auc_difference, compare
from churn_training.datasets import Dataset
from churn_training.errors import ChampionUnavailable, ChampionUnusable, GateFailed, NotComparable
from churn_training.evaluate import Evaluation
from churn_training.face_champion import face_champion, side_by_side
from churn_training.gate import missed_beside_champion
from churn_training.judged_rows import JudgedRows
from churn_training.retraining import Retraining
from churn_training.schema_change import schema_changes
from churn_training.split import SplitBy, SplitRule, split
from churn_training.synthetic import synthesize
from churn_training.train import train
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from support.derived_features import with_derived


@pytest.fixture(scope="module")
def spec() -> EnsembleSpec:
    """One quick member: what is tested here is what comes after the fit."""
    trees = MemberSpec(name="trees", kind=MemberKind.LIGHTGBM, parameters={"n_estimators": 8, "num_leaves": 5})
    return EnsembleSpec(name="small", combine=CombineRule.MEAN, members=(trees,))


@pytest.fixture(scope="module")
def champion(
    spec: EnsembleSpec, telco_schema: FeatureSchema, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Champion:
    return Champion("7", train(spec, telco_schema, dataset, 0, tmp_path_factory.mktemp("champion")).bundle)


@pytest.fixture(scope="module")
def other(telco_schema: FeatureSchema) -> Dataset:
    return Dataset("other", synthesize(telco_schema, rows=900, seed=1).raw)


def _without(schema: FeatureSchema, name: str) -> FeatureSchema:
    features = [each.model_dump() for each in schema.features if each.name != name]
    return FeatureSchema.model_validate(schema.model_dump() | {"features": features})


def test_the_comparison_is_kept_in_the_bundle(
    spec: EnsembleSpec, telco_schema: FeatureSchema, other: Dataset, champion: Champion, tmp_path: Path
) -> None:
    wide = spec.model_copy(update={"gate": Gate(margin=1)})
    challenger = train(wide, telco_schema, other, 0, tmp_path, Retraining(champion=champion)).bundle
    found = challenger.comparison()
    assert found is not None
    assert (found.champion.version, found.champion.digest) == ("7", champion.bundle.digest)
    assert (found.rows, found.rows_left_out) == (len(challenger.holdout().keys), 0)
    assert found.auc.value == pytest.approx(found.challenger_metrics["auc"] - found.champion_metrics["auc"])
    assert found.brier.value == pytest.approx(found.challenger_metrics["brier"] - found.champion_metrics["brier"])
    assert found.auc.low < found.auc.value < found.auc.high
    assert 0 < found.score_psi < 1
    assert 0.3 < found.rank_correlation < 1
    lines = "\n".join(side_by_side(found))
    assert f"on the same {found.rows} rows" in lines
    assert f"{found.champion_metrics['auc']:.4f}     {found.challenger_metrics['auc']:.4f}" in lines


def test_a_model_like_the_champion_passes_for_a_person_and_not_for_a_schedule(
    spec: EnsembleSpec, telco_schema: FeatureSchema, dataset: Dataset, champion: Champion, tmp_path: Path
) -> None:
    again = train(spec, telco_schema, dataset, 0, tmp_path, Retraining(champion=champion)).bundle.comparison()
    assert again is not None
    assert (again.auc.value, again.auc.low, again.brier.value, again.score_psi) == (0, 0, 0, 0)
    assert again.rank_correlation == pytest.approx(1)
    for asked_by in (AskedBy.SCHEDULE, AskedBy.DRIFT):
        with pytest.raises(GateFailed, match=f"asked by {asked_by}: it must be better"):
            train(spec, telco_schema, dataset, 0, tmp_path, Retraining(asked_by, champion))


def test_another_schema_needs_a_named_change(
    spec: EnsembleSpec, telco_schema: FeatureSchema, dataset: Dataset, champion: Champion, tmp_path: Path
) -> None:
    wide = spec.model_copy(update={"gate": Gate(margin=1)})
    fewer = _without(telco_schema, "gender")
    with pytest.raises(GateFailed, match=r"version 7\): gender is gone.*--schema-change"):
        train(wide, fewer, dataset, 0, tmp_path, Retraining(champion=champion))
    named = Retraining(champion=champion, schema_change="gender may not be used")
    assert train(wide, fewer, dataset, 0, tmp_path, named).bundle.comparison() is None
    narrower = Champion("8", train(wide, fewer, dataset, 0, tmp_path).bundle)
    back = train(wide, telco_schema, dataset, 0, tmp_path, replace(named, champion=narrower)).bundle.comparison()
    assert back is not None
    assert back.change == "gender may not be used"


def test_a_champion_that_knows_the_rows_is_no_match(
    spec: EnsembleSpec,
    telco_schema: FeatureSchema,
    dataset: Dataset,
    champion: Champion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Champion, "split", lambda self: SplitRule(by=SplitBy.TIME, holdout=0.2, cut=9.0))
    with pytest.raises(GateFailed, match="it may have been fitted on all but 0"):
        train(spec, telco_schema, dataset, 0, tmp_path, Retraining(champion=champion))


def _split_champion(champion: Champion, schema: FeatureSchema, rule: SplitRule, folder: Path) -> Champion:
    """As far as it says which rows it was fitted on."""
    evaluation = Evaluation.model_validate_json((champion.bundle.folder / EVALUATION).read_bytes())
    (folder / EVALUATION).write_text(evaluation.model_copy(update={"split": rule}).model_dump_json())
    (folder / SCHEMA).write_text(schema.model_dump_json())
    return Champion("1", replace(champion.bundle, folder=folder))


def _customers(rows: int = 300) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    numbers = {name: draw.integers(0, 60, rows) for name in ("a", "b", "month", "day")}
    names = {"id": np.arange(rows), "email": [f"{number}@example.org" for number in draw.permutation(rows)]}
    return pd.DataFrame(numbers | names | {"plan": "x", "churn": ["yes", "no"] * (rows // 2)})


def _schema(features: tuple[str, ...] = ("a",), plans: tuple[str, ...] = (), **around: object) -> FeatureSchema:
    columns: list[object] = [{"kind": "numeric", "name": name} for name in features]
    columns += [{"kind": "categorical", "name": "plan", "categories": plans}] if plans else []
    target = {"name": "churn", "positive": "yes", "negative": "no"}
    return FeatureSchema.model_validate({"features": columns, "target": target} | around)


@pytest.mark.parametrize(
    ("before", "now", "known"),
    [
        pytest.param(_schema(identity="id"), _schema(identity="id"), False, id="same identity"),
        pytest.param(_schema(identity="id"), _schema(identity="email"), True, id="another identity"),
        pytest.param(_schema(identity="id"), _schema(), True, id="no identity any more"),
        pytest.param(_schema(time="day"), _schema(time="day"), False, id="same time"),
        pytest.param(_schema(time="month"), _schema(time="day"), True, id="another time"),
        pytest.param(_schema(("a",)), _schema(("a", "b")), False, id="a feature more"),
        pytest.param(_schema(("a", "b")), _schema(("b",)), True, id="a feature less"),
        pytest.param(_schema(plans=("x",)), _schema(plans=("x", "y")), False, id="a category more"),
        pytest.param(_schema(plans=("x", "y")), _schema(plans=("x",)), True, id="a category less"),
        pytest.param(_schema(), _schema(identity="id"), False, id="an identity now"),
    ],
)
def test_no_row_that_the_champion_was_fitted_on_judges_it_when_the_schema_has_changed(
    before: FeatureSchema, now: FeatureSchema, known: bool, champion: Champion, tmp_path: Path
) -> None:
    raw = _customers()
    old, new = (validate(schema, raw.assign(plan="x")) for schema in (before, now))
    first = TrainingData.from_table(before, old)
    rule = split(first, 0.2).rule
    data = TrainingData.from_table(now, new)
    marked = _split_champion(champion, before, rule, tmp_path).may_have_fitted(data, new)
    if known:
        assert marked.all()
    else:
        assert 0 < (~marked).sum() == len(first.keys) - rule.fitted(first).sum()


@pytest.mark.parametrize(("first", "known"), [("7", False), ("2026-01-31T00:00:00+00:00", True)])
def test_a_cut_in_dates_says_nothing_of_numbers(first: str, known: bool, champion: Champion, tmp_path: Path) -> None:
    schema = _schema(time="day")
    table = validate(schema, _customers())
    data = TrainingData.from_table(schema, table)
    before = _split_champion(champion, schema, split(data, 0.2).rule, tmp_path)
    dataset = before.bundle.manifest.dataset.model_copy(update={"data_from": first})
    manifest = before.bundle.manifest.model_copy(update={"dataset": dataset})
    dated = Champion("1", replace(before.bundle, manifest=manifest))
    assert dated.may_have_fitted(data, table).all() == known


def test_a_class_that_changed_sides_is_another_question(
    spec: EnsembleSpec, telco_schema: FeatureSchema, dataset: Dataset, champion: Champion, tmp_path: Path
) -> None:
    target = telco_schema.target
    turned = target.model_dump() | {"positive": target.negative, "negative": target.positive}
    schema = FeatureSchema.model_validate(telco_schema.model_dump() | {"target": turned})
    table = validate(schema, dataset.raw)
    judged = JudgedRows(TrainingData.from_table(schema, table), np.empty((0, 0)), np.zeros(len(table)))
    with pytest.raises(NotComparable, match="changed sides"):
        compare(champion, judged, table, "P(staying) is wanted")


def test_derived_features_are_no_change_of_the_schema(
    telco_schema: FeatureSchema, dataset: Dataset, champion: Champion, derived_bundle: Bundle
) -> None:
    table = validate(telco_schema, dataset.raw)
    for before, now in (
        (champion, with_derived(telco_schema)),
        (Champion("8", derived_bundle), telco_schema),
    ):
        assert schema_changes(before.bundle.schema(), now) == []
        judged = JudgedRows(TrainingData.from_table(now, table), np.empty((0, 0)), np.zeros(len(table)))
        assert compare(before, judged, table, None).champion_metrics["auc"] > 0.6


def test_a_champion_that_cannot_be_scored_any_more_can_be_replaced_by_a_named_change(
    telco_schema: FeatureSchema, dataset: Dataset, champion: Champion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(bundle: object) -> object:
        raise MemberUnreadable("member trees cannot be read")

    monkeypatch.setattr("churn_training.compare.load_scorer", unreadable)
    table = validate(telco_schema, dataset.raw)
    judged = JudgedRows(TrainingData.from_table(telco_schema, table), np.empty((0, 0)), np.zeros(len(table)))
    with pytest.raises(GateFailed, match=r"member trees cannot be read.*--schema-change"):
        face_champion(Retraining(champion=champion), judged, table, Gate())
    named = Retraining(champion=champion, schema_change="other libraries")
    assert face_champion(named, judged, table, Gate()) is None


@pytest.mark.parametrize(
    ("low", "margin", "passes"),
    [
        pytest.param(-0.004, 0.005, True, id="not worse than the margin"),
        pytest.param(-0.006, 0.005, False, id="perhaps worse than the margin"),
        pytest.param(0.0, 0.0, False, id="strict: as good is not better"),
        pytest.param(0.001, 0.0, True, id="strict: better"),
        pytest.param(float("nan"), 0.005, False, id="no number"),
    ],
)
def test_the_lower_bound_decides(low: float, margin: float, passes: bool) -> None:
    comparison = Comparison.model_validate(
        {
            "champion": {"version": "1", "digest": "sha256:" + "0" * 64},
            "rows": 10,
            "rows_left_out": 0,
            "champion_metrics": {"auc": 0.8},
            "challenger_metrics": {"auc": 0.81},
            "auc": {"value": 0.01, "low": low, "high": 0.02},
            "brier": {"value": 0.0, "low": 0.0, "high": 0.0},
            "score_psi": 0.0,
            "rank_correlation": 1.0,
        }
    )
    assert (missed_beside_champion(comparison, margin) == []) is passes


def test_the_difference_of_an_area_is_challenger_minus_champion() -> None:
    target = np.array([0, 0, 1, 1])
    worse, better = np.array([0.1, 0.6, 0.5, 0.9]), np.array([0.1, 0.2, 0.5, 0.9])
    assert auc_difference(Paired(target, worse, better)).value == 0.25


def test_a_champion_whose_files_are_of_another_version_is_told_and_not_a_crash(
    champion: Champion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / EVALUATION).write_text('{"of": "tomorrow"}')
    version = ModelVersion("small", "7", {})
    monkeypatch.setattr(Registry, "resolve", lambda *_: version)
    monkeypatch.setattr(Registry, "fetch", lambda *_: replace(champion.bundle, folder=tmp_path))
    with (
        pytest.raises(ChampionUnusable, match=r"no comparison with the champion of small(.|\n)*train once yourself"),
        fetched_champion("http://mlflow.example", "small", AskedBy.SCHEDULE),
    ):
        pass


def test_a_schedule_is_told_to_train_again_where_the_champion_is_of_an_older_format(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def outdated(*_: object) -> BundleManifest:
        return BundleManifest.from_bytes(b'{"format_version": 1}')

    monkeypatch.setattr(Registry, "resolve", lambda *_: ModelVersion("small", "7", {}))
    monkeypatch.setattr(Registry, "fetch", outdated)
    told = (
        r"the bundle has format 1.*A training asked by schedule never goes without.*train once yourself \(without --a"
    )
    with (
        pytest.raises(ChampionUnusable, match=told) as raised,
        fetched_champion("http://mlflow.example", "small", AskedBy.SCHEDULE),
    ):
        pass
    assert raised.value.exit_code == 3  # which the Job's podFailurePolicy takes for final
    with fetched_champion("http://mlflow.example", "small", AskedBy.PERSON) as champion:
        assert champion is None


def test_without_mlflow_a_person_trains_without_the_champion_and_nobody_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nowhere = "http://127.0.0.1:1"
    with fetched_champion(nowhere, "telco", AskedBy.PERSON) as champion:
        assert champion is None
    assert "there is no comparison with the champion of telco: MLflow" in capsys.readouterr().out
    for asked_by in (AskedBy.SCHEDULE, AskedBy.DRIFT):
        with (
            pytest.raises(ChampionUnavailable, match=r"does not answer.*try again then") as raised,
            fetched_champion(nowhere, "telco", asked_by),
        ):
            pass
        assert raised.value.exit_code == 4  # which it tries again
