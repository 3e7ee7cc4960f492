"""Numbers and figures as the page writes them."""

from churn_training.intervals import Bounds
from churn_training.metrics import Metric

LABELS = {
    Metric.AUC: "AUC",
    Metric.ACCURACY: "accuracy",
    Metric.LOG_LOSS: "log loss",
    Metric.BRIER: "Brier score",
    Metric.CALIBRATION_ERROR: "calibration error",
    Metric.LIFT: "lift in the top tenth",
}

MEANINGS = {
    Metric.AUC: "of a customer who churned and one who stayed, how often the first scores higher; 0.5 is chance",
    Metric.ACCURACY: "share of the customers whose decision is right, at the threshold",
    Metric.LOG_LOSS: "how surprised the scores are by what happened; lower is better",
    Metric.BRIER: "mean squared error of the scores; lower is better",
    Metric.CALIBRATION_ERROR: "how far the scores are from the share that churned; 0 is perfect",
    Metric.LIFT: "churn among the tenth with the highest scores, as a multiple of the average",
}

_LONGEST = 40


def number(value: float) -> str:
    """A figure with four digits after the point."""
    return f"{value:.4f}"


def interval(bounds: Bounds, digits: int = 4) -> str:
    """`low to high`."""
    return f"{bounds[0]:.{digits}f} to {bounds[1]:.{digits}f}"


def signed(value: float, low: float, high: float) -> str:
    """A difference with its interval."""
    return f"{value:+.4f} ({low:+.4f} to {high:+.4f})"


def percent(share: float) -> str:
    """A share with one digit after the point."""
    return f"{100 * share:.1f}\u00a0%"


def percents(bounds: Bounds) -> str:
    """`low to high %`."""
    return f"{100 * bounds[0]:.1f} to {100 * bounds[1]:.1f}\u00a0%"


def count(rows: float) -> str:
    """A whole number with thousands apart."""
    return f"{rows:,.0f}"


def measured(value: float) -> str:
    """A value of a feature, in its own unit."""
    return f"{value:,.6g}"


def shortened(name: str) -> str:
    """A name of a user's, for a place that has room for few signs."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def listed(names: list[str], most: int = 8) -> str:
    """The first few names, and how many more there are."""
    shown = ", ".join(map(shortened, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
