"""Fifth step: is the ensemble good enough to be registered? A pure decision on the holdout's figures."""

from collections.abc import Mapping

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
