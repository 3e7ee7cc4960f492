"""A ratio that decides, and that the ensemble cannot see, is found; on shuffled classes nothing is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema
from churn_training.search.features.choose_features import ChosenFeatures, choose_features
from churn_training.search.fold_scores import FoldScores
from churn_training.search.search_rows import SearchRows, search_rows
from churn_training.training_data import TrainingData

ROWS = 800
LINEAR = EnsembleSpec.model_validate(
    {"name": "small", "combine": "mean", "members": [{"name": "linear", "kind": "logistic-regression"}]}
)
SCHEMA = FeatureSchema.model_validate(
    {
        "target": {"name": "churn", "positive": "yes", "negative": "no"},
        "features": [{"kind": "numeric", "name": name} for name in ("paid", "months", "age")],
    }
)


@pytest.fixture(scope="module")
def rows() -> SearchRows:
    generator = np.random.default_rng(0)
    months, share, age = np.exp(np.array([2.0, 0.5, 0.5])[:, None] * generator.normal(size=(3, ROWS)))
    matrix = np.column_stack([months * share, months, age]).astype(np.float32)
    odds = np.log(share) - 0.3 + 0.3 * generator.normal(size=ROWS)
    keys = generator.integers(0, 2**64, size=ROWS, dtype=np.uint64)
    return search_rows(TrainingData(SCHEMA, matrix, (odds > 0).astype(np.int64), keys), seed=0)


@pytest.fixture(scope="module")
def chosen(rows: SearchRows, tmp_path_factory: pytest.TempPathFactory) -> ChosenFeatures:
    return choose_features(LINEAR, FoldScores(rows, tmp_path_factory.mktemp("scores")))


def test_what_decides_is_kept_and_explained(chosen: ChosenFeatures) -> None:
    first = chosen.kept[0]
    assert first.name == "paid_per_months"
    assert first.p_value < 0.01
    assert first.after > first.before + 0.02
    assert chosen.schema.scored_names == (*SCHEMA.names, *(one.name for one in chosen.kept))
    assert first.sentence.startswith(f"{first.name} is {first.words}: of customers whom the ensemble without it scored")
    assert f"went from {first.before:.4f} to {first.after:.4f}" in first.sentence


def test_each_is_tested_beside_those_before_it(chosen: ChosenFeatures) -> None:
    for first, second in zip(chosen.kept, chosen.kept[1:], strict=False):
        assert second.before == first.after
    assert len({one.name for one in chosen.kept}) == len(chosen.kept)


def test_without_signal_nothing_is_kept(rows: SearchRows, tmp_path: Path) -> None:
    shuffled = np.random.default_rng(1).permutation(rows.data.target)
    found = choose_features(LINEAR, FoldScores(search_rows(replace(rows.data, target=shuffled), seed=0), tmp_path))
    assert found.kept == ()
    assert found.schema == SCHEMA
    assert found.proposed == 9
