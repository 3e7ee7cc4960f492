"""Values that stand for missing ones, so that no test meets NaN: it would make a p-value NaN, or raise.

Both engines call it for the reference and for each window, so that more missing values than in training are drift.
"""

import numpy as np
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, FeatureSchema

MISSING_NUMBER = np.float32(-3e38)
"""Below every value that the encoding gives for a number that somebody has measured."""


def with_sentinels(schema: FeatureSchema, matrix: Matrix) -> Matrix:
    """The rows with a number for every NaN: MISSING_NUMBER, or the code behind the last category's."""
    codes = [
        len(feature.categories) if isinstance(feature, CategoricalFeature) else MISSING_NUMBER
        for feature in schema.features
    ]
    return np.where(np.isnan(matrix), np.array(codes, dtype=np.float32), matrix)
