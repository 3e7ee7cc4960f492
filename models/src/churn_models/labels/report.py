"""What the labels' process answers about one version at `/v1/reports/<model>`; the operator makes evidence of it."""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from churn_models.digest import Digest
from churn_models.labels.against_previous import auc_difference, brier_difference, gains_against
from churn_models.labels.below_baseline import MARGIN, gains_below
from churn_models.labels.control import control_of
from churn_models.labels.e_values import log_cusum, log_wealth
from churn_models.labels.judged_rows import JudgedRows
from churn_models.labels.realised import Figure, realised_auc, realised_brier, realised_calibration
from churn_models.said import Said

Count = Annotated[int, Field(ge=0, le=1 << 45)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class LabelReport(Said):
    """Of one version of a registered model. Without a control beside campaigns it has counts and no figures."""

    model: Annotated[str, Field(max_length=253)]
    digest: Digest
    previous: Digest | None = None
    """The version whose scores of the same rows are compared."""
    labels: Count = 0
    """Matured ones, of customers that this version scored."""
    newest: Number | None = None
    """When the newest of those customers was scored, in seconds since 1970."""
    new_labels: Count = 0
    """Matured ones of the model, of customers scored since the time that was asked about."""
    treated: Count = 0
    left_alone: Count = 0
    """In the control."""
    has_control: bool = True
    """Whether campaigns, if there were any, left enough customers alone."""
    auc: Figure | None = None
    brier: Figure | None = None
    calibration: Figure | None = None
    paired: Count = 0
    """Rows that the previous version scored, too."""
    brier_above_previous: Number | None = None
    auc_above_previous: Figure | None = None
    """In the mean of eight stretches of time, of the same rows."""
    log_e_worse: Number | None = None
    """Logarithm of the greatest e-value so far against "the version before would not have scored them better"."""
    log_e_below: Number | None = None
    """Of the present one against "the AUC is at least the baseline less MARGIN"; None where no baseline was given."""


def report_on(
    rows: JudgedRows, *, model: str, digest: str, previous: str | None, new_labels: int, baseline: float | None
) -> LabelReport:
    """From all rows that are kept of this version. `baseline` is the AUC of the rows that judged it in training."""
    control = control_of(rows.score, rows.treatment)
    said = LabelReport(
        model=model,
        digest=digest,
        previous=previous,
        labels=len(rows),
        newest=float(rows.made.max()) if len(rows) else None,
        new_labels=new_labels,
        treated=control.treated,
        left_alone=control.left_alone,
        has_control=control.weights is not None,
    )
    if control.weights is None or not len(rows):
        return said
    weights, counted = control.weights, control.weights > 0
    judged = rows.churned[counted], rows.score[counted], weights[counted]
    figures = {
        "auc": realised_auc(*judged),
        "brier": realised_brier(*judged),
        "calibration": realised_calibration(*judged),
        "log_e_below": _below(rows, weights, baseline),
    }
    return said.model_copy(update=figures | _against(rows, weights))


def _against(rows: JudgedRows, weights: NDArray[np.float64]) -> dict[str, float | Figure | None]:
    gains = gains_against(rows, weights)
    if not len(gains):
        return {}
    told: dict[str, float | Figure | None] = {
        "paired": len(gains),
        "brier_above_previous": brier_difference(rows, weights),
        "auc_above_previous": auc_difference(rows, weights),
    }
    return told | {"log_e_worse": max(0.0, float(log_wealth(gains).max()))}


def _below(rows: JudgedRows, weights: NDArray[np.float64], baseline: float | None) -> float | None:
    if baseline is None or not MARGIN < baseline < 1:
        return None
    gains = gains_below(rows, weights, baseline - MARGIN)
    return float(log_cusum(gains)[-1]) if len(gains) else 0.0
