"""Every learner through one suite: what is written scores like what was fitted, gaps included, and repeats."""

from pathlib import Path

import numpy as np
import pytest
from churn_models.ensemble_spec import MemberSpec
from churn_models.errors import SpecError
from churn_models.feature_schema import FeatureSchema
from churn_models.member_kind import MemberKind
from churn_models.scoring.member import load_member
from churn_training.datasets import Dataset
from churn_training.learners.fitted_member import FittedMember
from churn_training.learners.registry import LEARNERS, fit_member
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
        scores = load_member(kind, tmp_path / kind.file_name)(matrix)
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


@pytest.mark.parametrize("kind", [MemberKind.RANDOM_FOREST, MemberKind.LOGISTIC_REGRESSION])
def test_parameters_that_the_library_refuses_are_named(kind: MemberKind, data: TrainingData) -> None:
    with pytest.raises(SpecError, match=r"member wrong: .*depht"):
        fit_member(MemberSpec(name="wrong", kind=kind, parameters={"depht": 3}), data, 0)
