"""The contract of a drift engine: a window of encoded rows in, a p-value and a distance for each feature out.

`windows` calls it when a window is full. Each engine is made of a bundle's schema, its reference sample and a
significance, and judges as `native_engine` describes; one suite of checks is run on all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from churn_models.encoding import Matrix


class EngineName(StrEnum):
    """As the command line and reports name it."""

    NATIVE = "native"  # NumPy and SciPy
    ALIBI_DETECT = "alibi-detect"  # Business Source License 1.1


@dataclass(frozen=True)
class Judgement:
    """By feature the p-value and the distance, both finite; and whether any of them is an alarm."""

    features: Mapping[str, tuple[float, float]]
    is_drift: bool


class Engine(Protocol):
    """Compares rows with the reference sample; holds no rows between windows."""

    def judge(self, window: Matrix) -> Judgement:
        """Encoded rows `[rows, features]` in schema order, NaN for what is missing or unseen, at least one row."""
        ...
