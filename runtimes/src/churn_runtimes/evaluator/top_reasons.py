"""The features that have moved each row's score the most: what is shown to people instead of all contributions.

The served models and table scoring call it, so that both name the same reasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from churn_models.combine import Scores
from numpy.typing import NDArray


@dataclass(frozen=True)
class TopReasons:
    """Of each row, the largest first `[rows, count]`: the features' names as objects, and what each has added."""

    features: NDArray[Any]
    values: Scores


def top_reasons(contributions: Scores, features: Sequence[str], count: int) -> TopReasons:
    """The largest by absolute value, of equal ones the first in `features`; the base value is none of them."""
    moved = contributions[:, : len(features)]
    places = np.argsort(-np.abs(moved), axis=1, kind="stable")[:, :count]
    return TopReasons(np.array(features, dtype=object)[places], np.take_along_axis(moved, places, axis=1))
