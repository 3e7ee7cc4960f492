"""Which categorical feature goes with which, and that nothing is kept where none does."""

import numpy as np
from churn_models.encoding import Matrix
from churn_training.partners import association, partners
from support.drift_rows import drift_schema

RNG = np.random.default_rng(4)
SCHEMA = drift_schema(1, (3, 3, 4, 200))
"""c0 and c1 go together; c2 goes with nothing; c3 has too many categories for a joint with c2."""


def _matrix() -> Matrix:
    matrix: Matrix = np.column_stack([RNG.integers(0, size, 4_000) for size in (50, 3, 3, 4, 200)]).astype(np.float32)
    follows = RNG.random(4_000) < 0.7
    matrix[follows, 2] = matrix[follows, 1]
    matrix[:40, 1] = np.nan
    return matrix


def test_the_partner_is_the_feature_that_goes_with_it_most_closely() -> None:
    matrix = _matrix()
    found = partners(SCHEMA, matrix, SCHEMA.names)
    assert {name: partner for name, (partner, _) in found.items()} == {"c0": "c1", "c1": "c0"}
    joint = found["c0"][1]
    assert joint.sum() == 3_960
    assert joint.tolist() == found["c1"][1].T.tolist()
    assert joint[2, 1] == np.count_nonzero((matrix[:, 1] == 2) & (matrix[:, 2] == 1))


def test_association_is_free_of_what_chance_brings_about() -> None:
    independent = RNG.multinomial(500, [1 / 60] * 60).reshape(6, 10)
    assert association(independent) < 0.1
    assert association(np.diag([50, 60, 70])) > 0.98
    assert association(np.zeros((3, 4), dtype=np.int64)) == 0.0
