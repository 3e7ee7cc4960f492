"""Versions of a model as the simulated cluster runs them: how their pods start, and what they score."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from churn_operator.observe.expected import Expected
from numpy.typing import NDArray

Scores = NDArray[np.float64]


class Starts(StrEnum):
    """What becomes of a pod that starts."""

    READY = "ready"
    BAD_BUNDLE = "bad bundle"  # it ends with the exit code of a bad bundle
    CRASHING = "crashing"  # it ends again and again
    NEVER = "never"  # it does not end, and is not ready


class Makes(StrEnum):
    """What a version's scores are beside those of version 1."""

    ALIKE = "alike"  # another training of the same model
    INVERTED = "inverted"
    SHIFTED = "shifted"


@dataclass(frozen=True)
class Version:
    """One registered version."""

    number: str
    starts: Starts = Starts.READY
    makes: Makes = Makes.ALIKE
    fault_share: float = 0.0
    """Of the requests that it scores, those whose scores are no numbers."""
    failure_share: float = 0.0
    """Of the requests to its own pods, those that they fail."""
    microseconds: float = 5.0
    """That scoring takes."""
    milliseconds: float = 2.0
    """That its own pods take to answer."""
    comparison: Expected | None = None

    @cached_property
    def digest(self) -> str:
        """Of its bundle."""
        return "sha256:" + hashlib.sha256(self.number.encode()).hexdigest()

    @cached_property
    def table(self) -> str:
        """The sha256 of its packed table."""
        return "sha256:" + hashlib.sha256(self.digest.encode()).hexdigest()

    def score(self, customers: Scores, rng: np.random.Generator) -> Scores:
        """P(churn) `[rows]` of customers whose true one is given."""
        noisy = np.abs(customers + rng.normal(0, 0.03, len(customers)))
        scores = 1 - np.abs(1 - noisy)
        if self.makes is Makes.INVERTED:
            return np.asarray(1 - scores, dtype=np.float64)
        return np.asarray(np.minimum(scores + 0.3, 1.0) if self.makes is Makes.SHIFTED else scores, dtype=np.float64)


def is_table_of(versions: dict[str, Version], sha256: str) -> Version:
    """Whose table it is."""
    return next(version for version in versions.values() if version.table == sha256)
