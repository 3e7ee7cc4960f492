"""comparison.json: champion and challenger on the same judgement rows.

The training Job writes it where MLflow has a champion. Its gate reads it at once; a rollout later compares with it
what the two score in traffic.
"""

from pydantic import Field

from churn_models.digest import Digest
from churn_models.frozen_model import FrozenModel


class Difference(FrozenModel):
    """The challenger's figure minus the champion's, with its two-sided 95 % interval."""

    value: float
    low: float
    high: float


class ComparedChampion(FrozenModel):
    """The champion that was compared with."""

    version: str
    digest: Digest


class Comparison(FrozenModel):
    """Both models on the same rows, none of which the champion was fitted on."""

    champion: ComparedChampion
    rows: int = Field(gt=0)
    rows_left_out: int = Field(ge=0)
    """Rows that judge the challenger but that the champion may have been fitted on."""
    champion_metrics: dict[str, float]
    challenger_metrics: dict[str, float]
    auc: Difference
    """By DeLong's method for paired curves (DeLong et al., 1988)."""
    brier: Difference
    """Below 0 where the challenger is better."""
    score_psi: float = Field(ge=0)
    """Population stability index of the challenger's scores against the champion's, on the champion's score bins."""
    rank_correlation: float = Field(ge=-1, le=1)
    """Spearman's, of the paired scores."""
    change: str | None = None
    """Why the schemas differ, in the words of who asked for it."""
