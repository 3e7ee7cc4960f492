"""A packed logistic regression scores like the pipeline that training fits."""

from typing import Any

import numpy as np
import pytest
from churn_models.feature_schema import FeatureSchema
from churn_models.golden import TOLERANCE
from churn_runtimes.evaluator.pack_logistic_regression import pack_logistic_regression
from churn_runtimes.evaluator.unpackable import Unpackable
from churn_training.learners.logistic_regression import fit_logistic_regression
from churn_training.training_data import TrainingData
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from support.flat import score_packed, training_matrix, tricky_rows


def _pipeline(
    numbers: list[int], words: list[int], scaler: Any = None, encoder: Any = None, imputer: Any = None
) -> Any:
    imputer = imputer or SimpleImputer(strategy="median", keep_empty_features=True)
    columns = [
        ("numbers", make_pipeline(imputer, scaler or StandardScaler()), numbers),
        ("words", encoder or OneHotEncoder(handle_unknown="ignore"), words),
    ]
    return make_pipeline(ColumnTransformer(columns), LogisticRegression(max_iter=500))


@pytest.mark.parametrize(
    ("missing", "numbers", "words"),
    [
        pytest.param(0.1, [0, 1], [2, 3], id="a missing code is a known code"),
        pytest.param(0.0, [0, 1], [2, 3], id="a missing code is unknown"),
        pytest.param(0.1, [0, 1, 2, 3], [], id="numbers alone"),
        pytest.param(0.1, [], [2, 3], id="codes alone"),
        pytest.param(0.1, [1], [3], id="features left out"),
    ],
)
def test_scores_are_those_of_the_library(missing: float, numbers: list[int], words: list[int]) -> None:
    matrix, target = training_matrix(missing)
    pipeline = _pipeline(numbers, words).fit(matrix, target)
    rows = tricky_rows(matrix)
    expected = pipeline.predict_proba(rows)[:, 1]
    # Without one-hot columns scikit-learn multiplies in float32.
    within = 1e-12 if words else TOLERANCE
    np.testing.assert_allclose(score_packed(pack_logistic_regression(pipeline), rows), expected, rtol=0, atol=within)


def test_what_training_fits_on_numbers_alone_is_scored_exactly() -> None:
    names = ["first", "second", "third", "fourth"]
    target = {"name": "churn", "positive": "yes", "negative": "no"}
    schema = FeatureSchema.model_validate(
        {"target": target, "features": [{"kind": "numeric", "name": name} for name in names]}
    )
    matrix, classes = training_matrix()
    # As wide as a ratio may be.
    wide = np.exp(np.random.default_rng(0).normal(0, 6, (len(matrix), 4))).astype(np.float32)
    fitted = fit_logistic_regression(
        TrainingData(schema, matrix, classes, np.arange(len(matrix), dtype=np.uint64)), {}, 0
    )
    packed = pack_logistic_regression(fitted.classifier)
    for rows in (tricky_rows(matrix), wide):
        np.testing.assert_allclose(score_packed(packed, rows), fitted.score(rows), rtol=0, atol=1e-12)


def test_a_number_that_was_always_missing_counts_as_zero() -> None:
    matrix, target = training_matrix()
    matrix[:, 0] = np.nan
    pipeline = _pipeline([0, 1], [2]).fit(matrix, target)
    rows = tricky_rows(training_matrix()[0])
    expected = pipeline.predict_proba(rows)[:, 1]
    np.testing.assert_allclose(score_packed(pack_logistic_regression(pipeline), rows), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("pipeline", "reason"),
    [
        pytest.param(LogisticRegression(), "LogisticRegression", id="no pipeline"),
        pytest.param(_pipeline([0, 1], [2], scaler=MinMaxScaler()), "MinMaxScaler", id="another scaler"),
        pytest.param(
            _pipeline([0, 1], [2], imputer=SimpleImputer(add_indicator=True)), "fill in", id="an imputer that adds"
        ),
        pytest.param(
            _pipeline([0, 1], [2], encoder=OneHotEncoder(drop="first", handle_unknown="ignore")), "ignore", id="drop"
        ),
        pytest.param(
            _pipeline([0, 1], [2, 3], encoder=OneHotEncoder(min_frequency=9, handle_unknown="ignore")),
            "joins rare",
            id="rare codes joined",
        ),
        pytest.param(_pipeline([1], [0, 2]), "whole numbers", id="codes with fractions"),
    ],
)
def test_another_pipeline_is_refused(pipeline: Any, reason: str) -> None:
    matrix, target = training_matrix(0.05)
    if isinstance(pipeline, LogisticRegression):
        matrix = np.nan_to_num(matrix)
    pipeline.fit(matrix, target)
    with pytest.raises(Unpackable, match=reason):
        pack_logistic_regression(pipeline)


def test_three_classes_are_refused() -> None:
    matrix, _ = training_matrix()
    with pytest.raises(Unpackable, match="more than one score"):
        pack_logistic_regression(_pipeline([0, 1], [2]).fit(matrix, np.arange(len(matrix)) % 3))
