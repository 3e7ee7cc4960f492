"""Codes that no category has: found in one row as in many, never taken for a category's."""

from typing import Any

import numpy as np
import pytest
from churn_models.feature_schema import CategoricalFeature, FeatureSchema, Target
from churn_models.known_codes import KnownCodes
from churn_models.numeric_feature import NumericFeature

SCHEMA = FeatureSchema(
    features=(
        CategoricalFeature(name="cover", categories=("None", "Basic", "Full")),
        NumericFeature(name="months"),
        CategoricalFeature(name="paperless", categories=("False", "True")),
    ),
    target=Target(name="churn", positive=("yes",), negative=("no",)),
)
NAN = float("nan")


@pytest.mark.parametrize("rows", [1, 4, 5, 100])
@pytest.mark.parametrize(
    ("row", "known", "unseen"),
    [
        pytest.param([2, 10, 1], [2, 10, 1], {}, id="the last codes"),
        pytest.param([0, -3.5, 0], [0, -3.5, 0], {}, id="the first codes, any number"),
        pytest.param([-0.0, NAN, NAN], [0, NAN, NAN], {}, id="missing is no code"),
        pytest.param([3, 10, 1], [NAN, 10, 1], {"cover": 1}, id="beyond the last"),
        pytest.param([-1, 10, 0.5], [NAN, 10, NAN], {"cover": 1, "paperless": 1}, id="below the first, between two"),
        pytest.param([10, 0, 1], [NAN, 0, 1], {"cover": 1}, id="columns in another order"),
        pytest.param([3e38, 1, -3e38], [NAN, 1, NAN], {"cover": 1, "paperless": 1}, id="the largest numbers"),
    ],
)
def test_every_code(row: list[float], known: list[float], unseen: dict[str, int], rows: int) -> None:
    given = np.array([row] * rows, dtype=np.float32)
    given.flags.writeable = False  # as gRPC's raw contents are
    found = KnownCodes(SCHEMA).check(given)
    np.testing.assert_array_equal(found.matrix, np.array([known] * rows, dtype=np.float32))
    assert dict(found.unseen) == {name: count * rows for name, count in unseen.items()}


def test_a_schema_without_categories() -> None:
    schema = FeatureSchema(features=(NumericFeature(name="months"),), target=SCHEMA.target)
    for rows in (1, 10):
        given: Any = np.full((rows, 1), 0.5, dtype=np.float32)
        assert KnownCodes(schema).check(given).matrix is given
