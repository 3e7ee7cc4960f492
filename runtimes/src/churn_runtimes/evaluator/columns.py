"""What the nodes of a flat table compare: a feature together with what stands for its missing values.

A node that sends missing values left reads a column where they are minus infinity, one that sends them right a
column where they are infinity. So no walk ever asks whether a value is missing.
"""

import numpy as np
from numpy.typing import NDArray

COLUMN = np.dtype([("feature", "<u4"), ("when_missing", "<f4"), ("when_zero", "<f4"), ("zero_radius", "<f4")])
"""`when_zero` replaces values of at most `zero_radius`, which is negative where none is replaced."""

NO_ZERO = -1.0
LEFT, RIGHT = -np.inf, np.inf


def columns_by_side(features: int) -> NDArray[np.void]:
    """Two columns per feature: number `2 * feature` sends missing values right, the next one left."""
    columns = np.zeros(2 * features, dtype=COLUMN)
    columns["feature"] = np.repeat(np.arange(features), 2)
    columns["when_missing"] = np.tile([RIGHT, LEFT], features)
    columns["zero_radius"] = NO_ZERO
    return columns
