"""What a trial is worth: rows that its fits have not seen, each member and fold fitted once, stopped when told."""

from pathlib import Path

import numpy as np
import pytest
from churn_models.combine import CombineRule, combine
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from churn_models.feature_schema import FeatureSchema
from churn_training.datasets import Dataset
from churn_training.learners.fitted_member import FittedMember
from churn_training.learners.registry import fit_member
from churn_training.out_of_fold import score_out_of_fold
from churn_training.search import fold_scores
from churn_training.search.fold_scores import FoldScores
from churn_training.search.joined_scores import fold_aucs
from churn_training.search.objective import Objective
from churn_training.search.search_rows import search_rows
from churn_training.search.space import space_of
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from sklearn.metrics import roc_auc_score

SPEC = EnsembleSpec.model_validate(
    {
        "name": "small",
        "combine": "mean",
        "members": [
            {"name": "linear", "kind": "logistic-regression", "parameters": {"max_iter": 500}},
            {"name": "boosted", "kind": "xgboost", "parameters": {"n_estimators": 5}},
        ],
    }
)


@pytest.fixture(scope="module")
def data(telco_schema: FeatureSchema, dataset: Dataset) -> TrainingData:
    return TrainingData.from_table(telco_schema, validate(telco_schema, dataset.raw))


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    counted: list[str] = []

    def fit(spec: MemberSpec, data: TrainingData, seed: int) -> FittedMember:
        counted.append(spec.name)
        return fit_member(spec, data, seed)

    monkeypatch.setattr(fold_scores, "fit_member", fit)
    return counted


def test_a_trial_is_worth_what_training_scores_out_of_fold(data: TrainingData, tmp_path: Path) -> None:
    rows = search_rows(data, seed=0)
    value = Objective(space_of(SPEC), FoldScores(rows, tmp_path)).value(SPEC)
    left_out = score_out_of_fold(SPEC, data, seed=0)
    scores = combine(CombineRule.MEAN, left_out.members, ())
    bounds = np.cumsum([len(scored) for _, scored in rows.folds])[:-1]
    parts = zip(np.split(left_out.target, bounds), np.split(scores, bounds), strict=True)
    assert value == pytest.approx(np.mean([roc_auc_score(target, part) for target, part in parts]), abs=1e-6)


def test_each_member_is_fitted_once_for_each_fold(data: TrainingData, fits: list[str], tmp_path: Path) -> None:
    rows = search_rows(data, seed=0)
    values = [Objective(space_of(SPEC), FoldScores(rows, tmp_path)).value(SPEC) for _ in range(2)]
    assert values[0] == values[1]
    assert sorted(fits) == ["boosted"] * 5 + ["linear"] * 5
    # Of other rows nothing is known.
    Objective(space_of(SPEC), FoldScores(search_rows(data, seed=1), tmp_path)).value(SPEC)
    assert len(fits) == 20


def test_a_trial_that_is_given_up_fits_no_further_fold(data: TrainingData, fits: list[str], tmp_path: Path) -> None:
    class GivenUp(Exception):
        pass

    def report(mean: float, fold: int) -> None:
        assert 0 < mean < 1
        if fold == 1:
            raise GivenUp

    with pytest.raises(GivenUp):
        Objective(space_of(SPEC), FoldScores(search_rows(data, seed=0), tmp_path)).value(SPEC, report)
    assert len(fits) == 4


@pytest.mark.parametrize(
    ("goes_forward", "expected"),
    [
        pytest.param(False, [0.0, 0.0], id="from the other fold, which says the opposite"),
        pytest.param(True, [1.0, 0.0], id="from earlier folds alone; the first has none and joins by mean"),
    ],
)
def test_the_weights_of_a_stack_come_from_other_folds(goes_forward: bool, expected: list[float]) -> None:
    spec = EnsembleSpec.model_validate({**SPEC.model_dump(exclude_unset=True), "combine": "stack"})
    targets = [np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0])]
    scores = np.repeat([[0.1], [0.2], [0.8], [0.9]], 2, axis=1)
    assert fold_aucs(spec, [scores, scores], targets.__getitem__, goes_forward) == expected
