"""The picture that `make demo-drift` ends with: each window's verdicts, the realised AUC, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from textwrap import fill

import matplotlib

matplotlib.use("Agg")

from churn_operator.decide.drift.evidence import DriftEvidence, Signal
from churn_operator.decide.gates.judgement import GateVerdict
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_COLOURS = {GateVerdict.PASS: "#4c9f70", GateVerdict.UNKNOWN: "#c9c9c9", GateVerdict.FAIL: "#c8553d"}

_LETTERS = 12
"""That have room beside a window."""


@dataclass(frozen=True)
class ShownWindow:
    """One window of the story."""

    story: str
    """What happens in the world."""
    version: int
    evidence: DriftEvidence
    auc: float
    """By outcomes that are known later."""
    decisions: tuple[str, ...]


def draw(path: Path, windows: Sequence[ShownWindow]) -> None:
    """Write the PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(windows).savefig(path, dpi=120)


def picture(windows: Sequence[ShownWindow]) -> Figure:
    """Wide enough for what is written at each window."""
    figure = Figure(figsize=(max(11.0, 1.0 + 0.8 * len(windows)), 6.5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 3))
    _verdicts(above, windows)
    _aucs(below, windows)
    figure.suptitle("make demo-drift: what the sidecar's counts said, and what the operator did")
    return figure


def _verdicts(axes: Axes, windows: Sequence[ShownWindow]) -> None:
    signals = list(reversed(Signal))
    for verdict, colour in _COLOURS.items():
        found = [
            (number, place)
            for number, window in enumerate(windows, 1)
            for place, signal in enumerate(signals)
            if window.evidence.of(signal).verdict is verdict
        ]
        numbers, places = [number for number, _ in found], [place for _, place in found]
        axes.scatter(numbers, places, c=colour, s=190, marker="s", label=str(verdict))
    axes.set_yticks(range(len(signals)), [str(signal) for signal in signals])
    axes.set_ylim(-0.7, len(signals) + 1.2)
    for number, window in enumerate(windows, 1):
        if window.decisions:
            axes.annotate("\n".join(window.decisions), (number, len(signals) - 0.4), ha="center", fontsize=8)
            axes.axvline(number, color="#333333", linewidth=0.6, linestyle=":")
    axes.legend(loc="upper left", ncols=3, frameon=False, fontsize=8)


def _aucs(axes: Axes, windows: Sequence[ShownWindow]) -> None:
    numbers = range(1, len(windows) + 1)
    axes.plot(numbers, [window.auc for window in windows], color="#30588c", marker="o", markersize=4)
    axes.set_ylabel("AUC, once outcomes are known")
    axes.set_xlabel("window")
    axes.set_xticks(list(numbers))
    axes.set_xlim(0.3, len(windows) + 0.7)
    low, high = min(window.auc for window in windows), max(window.auc for window in windows)
    # The stories have the lowest part for themselves.
    axes.set_ylim(low - 0.4 * (high - low) - 0.05, high + 0.05)
    axes.set_yticks([tick for tick in axes.get_yticks() if low - 0.05 <= tick <= high + 0.05])
    first = 1
    for story, those in groupby(windows, key=lambda window: window.story):
        count = len(list(those))
        words = fill(story, max(_LETTERS - 1, _LETTERS * count - 1), break_long_words=False)
        axes.annotate(words, (first - 0.45, 0.03), xycoords=("data", "axes fraction"), fontsize=8)
        axes.axvline(first - 0.5, color="#999999", linewidth=0.8)
        first += count
