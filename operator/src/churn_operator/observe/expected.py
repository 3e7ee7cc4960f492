"""What comparison.json of a version says that its scores will be beside its champion's: kept with its record.

`cluster.model_registry` reads it once, at first sight; the gates measure by it what both score in traffic.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

from churn_models.comparison import Comparison


@dataclass(frozen=True)
class Expected:
    """On the rows that judged the version; none of it holds beside another champion."""

    champion_digest: str
    score_psi: float
    """Population stability index of the version's scores against the champion's."""
    rank_correlation: float
    """Spearman's, of both versions' scores."""
    passed: bool
    """Whether the version may be tried without anybody asking for it: nothing shows that it is worse than the champion,
    and it asks for the same features. Training's own gate may allow less or more, by the margin in ensemble.yaml."""
    score_psi_most: float | None = None
    """What the index may come to in the next stretch of time, as the stretches that judged the version differed."""
    rank_correlation_least: float | None = None
    """What the correlation may fall to, in the same way."""

    @classmethod
    def of(cls, comparison: Comparison) -> Self | None:
        """Worse is an interval of the AUC's difference (95 %, DeLong) that lies below 0 as a whole.

        None for figures that are no numbers: they say nothing, and no record could keep them.
        """
        if not all(map(math.isfinite, (comparison.score_psi, comparison.rank_correlation))):
            return None
        return cls(
            champion_digest=comparison.champion.digest,
            score_psi=comparison.score_psi,
            rank_correlation=comparison.rank_correlation,
            passed=comparison.change is None and comparison.auc.high >= 0,
            score_psi_most=_finite(comparison.score_psi_most),
            rank_correlation_least=_finite(comparison.rank_correlation_least),
        )

    def to_data(self) -> dict[str, Any]:
        """As a record keeps it."""
        return {
            "championDigest": self.champion_digest,
            "scorePSI": self.score_psi,
            "rankCorrelation": self.rank_correlation,
            "passed": self.passed,
        } | {
            name: value
            for name, value in (
                ("scorePSIMost", self.score_psi_most),
                ("rankCorrelationLeast", self.rank_correlation_least),
            )
            if value is not None
        }

    @classmethod
    def from_data(cls, data: dict[str, Any] | None) -> Self | None:
        """Read what `to_data` of any version wrote; None where it is not understood."""
        data = data or {}
        try:
            return cls(
                champion_digest=str(data["championDigest"]),
                score_psi=float(data["scorePSI"]),
                rank_correlation=float(data["rankCorrelation"]),
                passed=data["passed"] is True,
                score_psi_most=_number(data.get("scorePSIMost")),
                rank_correlation_least=_number(data.get("rankCorrelationLeast")),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None


def _number(found: object) -> float | None:
    return None if found is None else float(str(found))


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
