"""The rows on which the flat table has to agree with the stock libraries before it may serve.

Few enough for start-up, and aimed: random rows, rows where values lie on thresholds of the members and next to them,
and rows with what clients may send and training never saw. Seeded, so that a start repeats.
"""

from collections.abc import Sequence

import numpy as np
from churn_models.derive import Program
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, Feature, FeatureSchema
from numpy.typing import NDArray

from churn_runtimes.evaluator.packed_member import NO_NODE, PackedMember, TreeMember

RANDOM_ROWS = 400
ODD_ROWS = 200
ROWS_PER_MEMBER = 200
_MISSING = 0.08
_ON_THRESHOLD = 0.7
_ODD = np.array([np.nan, 0.0, -0.0, 1e-35, -1e-36, 1e-38, -1.0, -0.5, 0.5, 65.0, 1e5, -1e30, 1e30], dtype=np.float32)


def gate_rows(schema: FeatureSchema, program: Program, golden: Matrix, members: Sequence[PackedMember]) -> Matrix:
    """Rows as members score them, derived features behind: golden, random, odd, and around each member's thresholds."""
    rng = np.random.default_rng(0)

    def drawn(rows: int) -> Matrix:
        return program.derive(random_rows(rng, schema, rows))

    trees = [member for member in members if isinstance(member, TreeMember)]
    around = [_around_thresholds(rng, drawn(ROWS_PER_MEMBER), member) for member in trees]
    return np.concatenate([program.derive(golden), drawn(RANDOM_ROWS), _odd_rows(rng, drawn(ODD_ROWS)), *around])


def random_rows(rng: np.random.Generator, schema: FeatureSchema, rows: int) -> Matrix:
    """Values uniform over what training saw, 8 % of them missing."""
    matrix = np.column_stack([_random_values(rng, feature, rows) for feature in schema.features]).astype(np.float32)
    matrix[rng.random(matrix.shape) < _MISSING] = np.nan
    return matrix


def _random_values(rng: np.random.Generator, feature: Feature, rows: int) -> NDArray[np.float64]:
    if isinstance(feature, CategoricalFeature):
        return rng.integers(0, len(feature.categories), rows).astype(np.float64)
    bounds = feature.seen or feature.allowed
    low, high = (bounds.low, bounds.high) if bounds else (-1.0, 1.0)
    return rng.uniform(low, high, rows)


def _odd_rows(rng: np.random.Generator, matrix: Matrix) -> Matrix:
    odd = rng.random(matrix.shape) < rng.random((ODD_ROWS, 1))
    matrix[odd] = rng.choice(_ODD, int(odd.sum()))
    matrix[0] = np.nan
    return matrix


def _around_thresholds(rng: np.random.Generator, matrix: Matrix, member: TreeMember) -> Matrix:
    """Most values of each row on a threshold of their feature or one float beside, the busiest nodes first."""
    nodes = member.nodes
    asks_number = (nodes.left != NO_NODE) & (np.abs(nodes.threshold) < np.finfo(np.float32).max)
    if nodes.code_set is not None:
        asks_number &= nodes.code_set == NO_NODE
    features = nodes.columns["feature"][nodes.column]
    for feature in range(matrix.shape[1]):
        own = np.flatnonzero(asks_number & (features == feature))
        if not len(own):
            continue
        chances = nodes.weight[own] + 1.0
        drawn = nodes.threshold[rng.choice(own, ROWS_PER_MEMBER, p=chances / chances.sum())]
        beside = np.stack([drawn, *(np.nextafter(drawn, np.float32(side)) for side in (-np.inf, np.inf))])
        values = beside[rng.integers(0, 3, ROWS_PER_MEMBER), np.arange(ROWS_PER_MEMBER)]
        put = rng.random(ROWS_PER_MEMBER) < _ON_THRESHOLD
        matrix[put, feature] = values[put]
    return matrix
