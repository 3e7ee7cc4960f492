"""Pictures for MLflow's UI: ROC, calibration, lift, importances. Outside the bundle."""

from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from churn_models.combine import Scores
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_curve

from churn_training.training_data import Target

PLOTS = "plots"
"""Their folder, beside the bundle."""


def write_plots(folder: Path, target: Target, scores: Scores, importances: Mapping[str, float]) -> None:
    """Four PNG files of the holdout."""
    folder.mkdir(parents=True, exist_ok=True)
    _draw(folder / "roc.png", "ROC", lambda axes: _roc(axes, target, scores))
    _draw(folder / "calibration.png", "Calibration", lambda axes: _calibration(axes, target, scores))
    _draw(folder / "lift.png", "Lift", lambda axes: _lift(axes, target, scores))
    _draw(folder / "importances.png", "Permutation importance", lambda axes: _importances(axes, importances))


def _draw(path: Path, title: str, fill: Callable[[Axes], None]) -> None:
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.subplots()
    fill(axes)
    axes.set_title(title)
    figure.savefig(path, dpi=110)


def _roc(axes: Axes, target: Target, scores: Scores) -> None:
    false_positive, true_positive, _ = roc_curve(target, scores)
    axes.plot(false_positive, true_positive)
    axes.plot([0, 1], [0, 1], linestyle=":", color="gray")
    axes.set(xlabel="false positive rate", ylabel="true positive rate")


def _calibration(axes: Axes, target: Target, scores: Scores) -> None:
    observed, predicted = calibration_curve(target, scores, n_bins=10, strategy="quantile")
    axes.plot(predicted, observed, marker="o")
    axes.plot([0, 1], [0, 1], linestyle=":", color="gray")
    axes.set(xlabel="P(churn)", ylabel="share that churned")


def _lift(axes: Axes, target: Target, scores: Scores) -> None:
    hits = np.cumsum(target[np.argsort(-scores, kind="stable")])
    share = np.arange(1, len(target) + 1) / len(target)
    axes.plot(share, hits / hits[-1] / share)
    axes.axhline(1, linestyle=":", color="gray")
    axes.set(xlabel="share of customers, highest scores first", ylabel="times the average churn")


def _importances(axes: Axes, importances: Mapping[str, float]) -> None:
    ordered = sorted(importances.items(), key=lambda item: item[1])
    axes.barh([name for name, _ in ordered], [value for _, value in ordered])
    axes.set(xlabel="AUC lost when shuffled")
    axes.tick_params(axis="y", labelsize=7)
