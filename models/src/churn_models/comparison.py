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
    """By DeLong's method for paired curves (DeLong et al., 1988): as if the rows were independent."""
    auc_over_time: Difference | None = None
    """The mean over stretches of time of the judgement rows, with Student's interval of these: an advantage that one
    stretch alone has is none. None where rows have no time, or are too few."""
    brier: Difference
    """Below 0 where the challenger is better."""
    score_psi: float = Field(ge=0)
    """Population stability index of the challenger's scores against the champion's, on the champion's score bins."""
    rank_correlation: float = Field(ge=-1, le=1)
    """Spearman's, of the paired scores."""
    score_psi_most: float | None = None
    """The most that the index of the next stretch of time will be, by how it differed between those of these rows: the
    upper end of a 99 % prediction interval. None where rows have no time, or are too few."""
    rank_correlation_least: float | None = None
    """The least that the correlation will be, in the same way."""
    change: str | None = None
    """Why the schemas differ, in the words of who asked for it."""
