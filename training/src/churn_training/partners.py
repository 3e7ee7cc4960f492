"""For a categorical feature the other one that goes with it most closely: `build_reference` keeps their joint counts.

Two categories that exchange their codes on the way may have equal shares; what comes with them tells them apart.
"""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from churn_models.drift.categorical_counts import MOST_CELLS
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, FeatureSchema
from numpy.typing import NDArray

LEAST_ASSOCIATION = 0.1
"""Cramer's V; below it a category says next to nothing about what it comes with."""
MOST_FEATURES = 16
"""That have a partner: joint counts make reports larger."""

Joint = NDArray[np.int64]


def partners(schema: FeatureSchema, matrix: Matrix, by_use: Sequence[str]) -> dict[str, tuple[str, Joint]]:
    """Partner and joint counts `[categories, partner's categories]`, of the first features `by_use` that have one."""
    sizes = {one.name: len(one.categories) for one in schema.features if isinstance(one, CategoricalFeature)}
    found: dict[str, tuple[str, Joint]] = {}
    for name in (name for name in by_use if name in sizes):
        others = [other for other in sizes if other != name and sizes[name] * sizes[other] <= MOST_CELLS]
        joints = {other: _joint(schema, matrix, (name, other), (sizes[name], sizes[other])) for other in others}
        best = max(joints, key=lambda other: association(joints[other]), default=None)
        if best is not None and association(joints[best]) >= LEAST_ASSOCIATION:
            found[name] = best, joints[best]
        if len(found) == MOST_FEATURES:
            break
    return found


def association(joint: Joint) -> float:
    """Cramer's V of a table of counts, less what chance brings about (Bergsma, Journal of the Korean Statistical
    Society 42, 2013)."""
    table = joint[joint.sum(axis=1) > 0][:, joint.sum(axis=0) > 0].astype(np.float64)
    n, (rows, columns) = table.sum(), table.shape
    if n < 2 or min(rows, columns) < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi = float(((table - expected) ** 2 / expected).sum() / n) - (rows - 1) * (columns - 1) / (n - 1)
    least = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return sqrt(max(0.0, phi) / least) if least > 0 else 0.0


def _joint(schema: FeatureSchema, matrix: Matrix, names: tuple[str, str], sizes: tuple[int, int]) -> Joint:
    first, second = (matrix[:, schema.names.index(name)] for name in names)
    both = ~np.isnan(first) & ~np.isnan(second)
    cells = first[both].astype(np.int64) * sizes[1] + second[both].astype(np.int64)
    return np.bincount(cells, minlength=sizes[0] * sizes[1]).reshape(sizes)
