"""Whether a score of 0.3 means that three in ten churn: as served, and through the calibration map of the bundle."""

import numpy as np
from churn_models.combine import Scores
from matplotlib.axes import Axes
from numpy.typing import NDArray

from churn_training.intervals import wilson
from churn_training.metrics import METRICS, Metric
from churn_training.report.draw import FIRST, MUTED, SECOND, draw
from churn_training.report.facts import Facts
from churn_training.report.page import Figure, Section, Table
from churn_training.report.words import LABELS, count, number, percent, percents
from churn_training.training_data import Target

_BINS = 10


def calibration_section(facts: Facts) -> Section:
    """Scores as they are and calibrated, against the share that churned."""
    target, scores = facts.holdout.target.astype(np.int64), facts.holdout.score
    known = facts.reference.scores.calibration
    calibrated = np.interp(scores, known.scores, known.observed)
    lead = (
        "churn_probability is the score as it is; calibrated_probability, on request, is the share that churned among "
        "rows of such a score that the fit had not seen."
    )
    figure = _curve(target, scores, calibrated)
    return Section(
        "calibration", "Calibration", lead, (figure, _figures(target, scores, calibrated), _bins(target, scores))
    )


def _equal_parts(scores: Scores) -> list[NDArray[np.int64]]:
    """Positions of the rows in bins of about as many rows, lowest scores first."""
    return [part for part in np.array_split(np.argsort(scores, kind="stable"), _BINS) if len(part)]


def _curve(target: Target, scores: Scores, calibrated: Scores) -> Figure:
    parts = _equal_parts(scores)
    observed = np.array([target[part].mean() for part in parts])
    ends = np.array([wilson(int(target[part].sum()), len(part)) for part in parts]).T
    # A bound that rounding puts beside its share by 1e-17 is no error bar.
    reach = np.maximum(0, np.abs(ends - observed))

    def fill(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], linestyle=":", color=MUTED)
        for series, colour, label in ((scores, FIRST, "before"), (calibrated, SECOND, "after calibration")):
            mean = [series[part].mean() for part in parts]
            axes.errorbar(mean, observed, yerr=reach, marker="o", color=colour, capsize=2, label=label)
        axes.set(xlabel="mean P(churn) of the bin", ylabel="share that churned", xlim=(0, 1), ylim=(0, 1))
        axes.legend()

    gap = max(abs(float(scores[part].mean()) - share) for part, share in zip(parts, observed, strict=True))
    alt = f"Share that churned against the mean score of {len(parts)} bins; before, the largest gap is {gap:.3f}"
    caption = "Calibration: on the dotted line a score is the share that churned. Bars are 95 % intervals."
    return draw("calibration", caption, alt, fill)


def _figures(target: Target, scores: Scores, calibrated: Scores) -> Table:
    rows = tuple(
        (LABELS[metric], number(METRICS[metric](target, scores)), number(METRICS[metric](target, calibrated)))
        for metric in (Metric.CALIBRATION_ERROR, Metric.BRIER, Metric.LOG_LOSS)
    )
    return Table("Before and after, lower is better", ("figure", "before", "after calibration"), rows)


def _bins(target: Target, scores: Scores) -> Table:
    rows = tuple(
        (
            percent(float(scores[part].mean())),
            count(len(part)),
            percent(float(target[part].mean())),
            percents(wilson(int(target[part].sum()), len(part))),
        )
        for part in _equal_parts(scores)
    )
    return Table("Bins of scores", ("mean P(churn)", "customers", "churned", "95 % interval"), rows)
