"""Fifth step: is the ensemble good enough to be registered? Pure decisions on the figures of the rows that judge."""

from collections.abc import Mapping

from churn_models.comparison import Comparison
from churn_models.ensemble_spec import Gate

from churn_training.metrics import Metric


def missed(gate: Gate, figures: Mapping[Metric, float]) -> list[str]:
    """One sentence per bound that the figures miss; empty when all hold. A figure that is no number misses."""
    least = {Metric.AUC: gate.min_auc, Metric.ACCURACY: gate.min_accuracy, Metric.LIFT: gate.min_lift}
    most = {
        Metric.LOG_LOSS: gate.max_log_loss,
        Metric.BRIER: gate.max_brier,
        Metric.CALIBRATION_ERROR: gate.max_calibration_error,
    }
    below = [
        f"{metric} is {figures[metric]:.4f}, at least {bound} is required"
        for metric, bound in least.items()
        if bound is not None and not figures[metric] >= bound
    ]
    above = [
        f"{metric} is {figures[metric]:.4f}, at most {bound} is allowed"
        for metric, bound in most.items()
        if bound is not None and not figures[metric] <= bound
    ]
    return below + above


def missed_beside_champion(comparison: Comparison, margin: float) -> list[str]:
    """One sentence where the AUC may be more than `margin` below the champion's; with a margin of 0 it must be above.

    "May be" is the lower bound of DeLong's interval: as much as that it is lower in one case of forty. That interval
    takes the rows as independent. So where it must be above and the rows have a time, it must be so in the mean over
    stretches of time as well: nobody looks at what a schedule or an alarm has trained.
    """
    required = f"at least -{margin:g}" if margin else "more than 0"
    found = {"": comparison.auc}
    if comparison.auc_over_time and not margin:
        found[", in the mean over stretches of time"] = comparison.auc_over_time
    return [
        f"auc differs by {auc.value:+.4f} from the champion's (version {comparison.champion.version}){where}, by "
        f"{auc.low:+.4f} at worst; {required} at worst is required"
        for where, auc in found.items()
        if not (auc.low > -margin or (margin > 0 and auc.low == -margin))
    ]
