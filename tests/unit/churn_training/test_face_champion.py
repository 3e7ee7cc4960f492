"""The challenger beside the champion: same rows, same schema or a named change, a margin by who asked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from churn_models.combine import CombineRule
from churn_models.comparison import Comparison
from churn_models.ensemble_spec import EnsembleSpec, Gate, MemberSpec
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_training.asked_by import AskedBy
from churn_training.champion import Champion, fetched_champion
from churn_training.compare import Paired, auc_difference
from churn_training.datasets import Dataset
from churn_training.errors import ChampionUnavailable, GateFailed
from churn_training.face_champion import side_by_side
from churn_training.gate import missed_beside_champion
from churn_training.retraining import Retraining
from churn_training.split import SplitBy, SplitRule
from churn_training.synthetic import synthesize
from churn_training.train import train


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
    monkeypatch.setattr(Champion, "split", lambda self: SplitRule(by=SplitBy.CONTENT, holdout=0.2))
    with pytest.raises(GateFailed, match="it may have been fitted on all but 0"):
        train(spec, telco_schema, dataset, 0, tmp_path, Retraining(champion=champion))


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


def test_without_mlflow_a_person_trains_without_the_champion_and_nobody_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nowhere = "http://127.0.0.1:1"
    with fetched_champion(nowhere, "telco", AskedBy.PERSON) as champion:
        assert champion is None
    assert "there is no comparison with the champion of telco: MLflow" in capsys.readouterr().out
    for asked_by in (AskedBy.SCHEDULE, AskedBy.DRIFT):
        with pytest.raises(ChampionUnavailable, match="does not answer"), fetched_champion(nowhere, "telco", asked_by):
            pass
