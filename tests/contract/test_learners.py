"""Every learner through one suite: what is written scores like what was fitted, gaps included, and repeats."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec, RowShare
from churn_models.errors import SpecError
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_models.scoring.member import load_member
from churn_training.datasets import Dataset
from churn_training.learners.drawn_rows import drawn_rows
from churn_training.learners.fitted_member import FittedMember
from churn_training.learners.parameter_rules import faults
from churn_training.learners.registry import LEARNERS, check_members, fit_member
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from support.small_ensemble import SMALL_PARAMETERS

BYTE_STABLE = {MemberKind.XGBOOST, MemberKind.LIGHTGBM}


@pytest.fixture(scope="module")
def data(telco_schema: FeatureSchema, dataset: Dataset) -> TrainingData:
    return TrainingData.from_table(telco_schema, validate(telco_schema, dataset.raw))


def _fit(kind: MemberKind, data: TrainingData, seed: int = 0) -> FittedMember:
    return fit_member(MemberSpec(name="member", kind=kind, parameters=SMALL_PARAMETERS[kind]), data, seed)


def test_every_kind_has_a_learner() -> None:
    assert set(LEARNERS) == set(MemberKind)


@pytest.mark.parametrize("kind", MemberKind)
def test_a_written_member_scores_like_the_fitted_one(kind: MemberKind, data: TrainingData, tmp_path: Path) -> None:
    fitted = _fit(kind, data)
    fitted.save(tmp_path / kind.file_name)
    holes = data.matrix.copy()
    holes[np.random.default_rng(0).random(holes.shape) < 0.08] = np.nan
    for matrix in (data.matrix, holes, np.full_like(holes[:1], np.nan)):
        scores = load_member(kind, tmp_path / kind.file_name, matrix.shape[1])(matrix)
        assert scores.dtype == np.float64
        assert scores.shape == (len(matrix),)
        np.testing.assert_allclose(scores, fitted.score(matrix), atol=1e-9)
        assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("kind", MemberKind)
def test_it_learns_something(kind: MemberKind, data: TrainingData) -> None:
    scores = _fit(kind, data).score(data.matrix)
    assert scores[data.target == 1].mean() > scores[data.target == 0].mean() + 0.05


@pytest.mark.parametrize("kind", MemberKind)
def test_the_same_seed_repeats(kind: MemberKind, data: TrainingData, tmp_path: Path) -> None:
    first, second = _fit(kind, data), _fit(kind, data)
    np.testing.assert_array_equal(first.score(data.matrix), second.score(data.matrix))
    if kind in BYTE_STABLE:
        first.save(tmp_path / f"first.{kind.file_name}")
        second.save(tmp_path / f"second.{kind.file_name}")
        files = [(tmp_path / f"{name}.{kind.file_name}").read_bytes() for name in ("first", "second")]
        assert files[0] == files[1]


@pytest.mark.parametrize("kind", MemberKind)
def test_a_member_on_drawn_rows_differs_from_the_next_draw_and_repeats(kind: MemberKind, data: TrainingData) -> None:
    def fit(draw: int) -> FittedMember:
        rows = RowShare(draw=draw)
        return fit_member(MemberSpec(name="m", kind=kind, parameters=SMALL_PARAMETERS[kind], rows=rows), data, 0)

    first, again, second = (fit(draw).score(data.matrix) for draw in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - second).max() > 1e-3


def test_drawn_rows_keep_the_classes_and_lose_none() -> None:
    target = np.array([1] + [0] * 99)
    drawn = [drawn_rows(target, RowShare(share=0.5, draw=draw), seed=0) for draw in (1, 2)]
    for rows in drawn:
        assert target[rows].sum() == 1
        assert len(rows) == len(set(rows.tolist())) == 1 + round(0.5 * 99)
    assert drawn[0].tolist() != drawn[1].tolist()


REFUSED = [
    pytest.param("xgboost", {"max_dept": 3}, "max_dept is no parameter of xgboost; did you mean max_depth", id="typo"),
    pytest.param("lightgbm", {"num_leavs": 3}, "did you mean num_leaves", id="lightgbm, typo"),
    pytest.param("catboost", {"dept": 3}, "did you mean depth", id="catboost, typo"),
    pytest.param("random-forest", {"depht": 3}, "did you mean max_depth", id="forest, typo"),
    pytest.param("logistic-regression", {"c": 1}, "did you mean C", id="regression, typo"),
    pytest.param("xgboost", {"missing": -999}, "missing cannot be set: the saved file", id="not in the file"),
    pytest.param("lightgbm", {"pred_early_stop": True}, "the saved file", id="lightgbm, not in the file"),
    pytest.param("xgboost", {"objective": "binary:logitraw"}, "no probability", id="margins"),
    pytest.param("xgboost", {"objective": "reg:squarederror"}, "no probability", id="a number"),
    pytest.param("xgboost", {"objective": "rank:pairwise"}, "no probability", id="ranks"),
    pytest.param("lightgbm", {"objective": "regression"}, "no probability", id="lightgbm, a number"),
    pytest.param("lightgbm", {"application": "custom"}, "no probability", id="lightgbm, an alias of objective"),
    pytest.param("catboost", {"loss_function": "RMSE"}, "no probability", id="catboost, a number"),
    pytest.param("xgboost", {"booster": "gblinear"}, "only trees can be served", id="no trees"),
    pytest.param("xgboost", {"n_estimators": 0}, "at least 1", id="zero trees"),
    pytest.param("lightgbm", {"num_trees": 0}, "at least 1", id="lightgbm, zero trees by an alias"),
    pytest.param("catboost", {"iterations": 0}, "at least 1", id="catboost, zero trees"),
    pytest.param("random-forest", {"n_jobs": 4}, "n_jobs cannot be set: training sets it itself", id="threads"),
    pytest.param("lightgbm", {"nthreads": 4}, "training sets it itself", id="threads by an alias"),
    pytest.param("catboost", {"random_state": 4}, "training sets it itself", id="the seed"),
    pytest.param("xgboost", {"early_stopping_rounds": 4}, "evaluation set", id="early stopping"),
]


@pytest.mark.case("41-misspelled-parameter-xgboost")
@pytest.mark.parametrize(("kind", "parameters", "message"), REFUSED)
def test_parameters_that_cannot_be_are_refused_before_any_fit(
    kind: str, parameters: dict[str, Any], message: str
) -> None:
    member = MemberSpec(name="wrong", kind=MemberKind(kind), parameters=parameters)
    spec = EnsembleSpec(name="small", combine=CombineRule.MEAN, members=(member,))
    with pytest.raises(SpecError, match="member wrong: ") as refused:
        check_members(spec)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        pytest.param("xgboost", {"eta": 0.1, "lambda": 2, "min_split_loss": 0, "rate_drop": 0.1}, id="xgboost"),
        pytest.param("lightgbm", {"eta": 0.1, "sub_row": 0.5, "bagging_freq": 1, "num_round": 3}, id="lightgbm"),
    ],
)
def test_documented_aliases_are_taken(kind: str, parameters: dict[str, Any]) -> None:
    member = MemberSpec(name="right", kind=MemberKind(kind), parameters=parameters)
    check_members(EnsembleSpec(name="small", combine=CombineRule.MEAN, members=(member,)))


@pytest.mark.parametrize("kind", MemberKind)
def test_the_parameters_of_the_small_ensemble_are_taken(kind: MemberKind) -> None:
    assert faults(SMALL_PARAMETERS[kind], LEARNERS[kind].rules()) == []


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        pytest.param("lightgbm", {"num_leaves": 1}, "num_leaves", id="LightGBMError"),
        pytest.param("lightgbm", {"boosting": "rf"}, "bagging_freq", id="LightGBMError, a forest without bagging"),
        pytest.param("catboost", {"depth": 99}, "Maximum tree depth is 16", id="CatBoostError"),
        pytest.param("xgboost", {"max_depth": "deep"}, "max_depth", id="XGBoostError"),
        pytest.param("random-forest", {"max_depth": "deep"}, "max_depth", id="scikit-learn's"),
    ],
)
def test_what_the_library_refuses_is_told_with_the_member(
    kind: str, parameters: dict[str, Any], message: str, data: TrainingData
) -> None:
    with pytest.raises(SpecError, match=r"^member wrong: ") as refused:
        fit_member(MemberSpec(name="wrong", kind=MemberKind(kind), parameters=parameters), data, 0)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
