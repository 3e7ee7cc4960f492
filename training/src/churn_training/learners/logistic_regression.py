"""Logistic regression by scikit-learn: numbers imputed and scaled, categories one-hot."""

import numpy as np
from churn_models.feature_schema import FeatureSchema
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from churn_training.learners.fitted_member import FittedMember
from churn_training.learners.learner import Learner, Parameters
from churn_training.learners.parameter_rules import OWNED, ParameterRules, refused
from churn_training.learners.skops_file import write_skops
from churn_training.training_data import TrainingData


def fit_logistic_regression(data: TrainingData, parameters: Parameters, seed: int) -> FittedMember:
    """Fit on the encoded rows; an unseen category counts as none of the known ones."""
    classifier = make_pipeline(_columns(data.schema), LogisticRegression(**parameters, random_state=seed))
    classifier.fit(data.matrix, data.target)
    # On a table of numbers alone it keeps float32 and would multiply in it: 1e-7 beside the compiled table.
    regression = classifier[-1]
    regression.coef_ = regression.coef_.astype(np.float64)
    regression.intercept_ = regression.intercept_.astype(np.float64)
    return FittedMember(classifier, write_skops)


def logistic_regression_rules() -> ParameterRules:
    """Names from the constructor."""
    return ParameterRules(
        library="scikit-learn's LogisticRegression",
        known=frozenset(LogisticRegression().get_params()),
        refused=refused(("n_jobs", "random_state", "verbose"), OWNED),
    )


LOGISTIC_REGRESSION = Learner(fit_logistic_regression, logistic_regression_rules)


def _columns(schema: FeatureSchema) -> ColumnTransformer:
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer(
        [
            ("numbers", numbers, list(schema.numeric_positions)),
            ("words", words, list(schema.categorical_positions)),
        ]
    )
