"""The picture that `make demo-stream` ends with: how long answers took, over the time at which they were due."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray

matplotlib.use("Agg")

from matplotlib.figure import Figure

_BIN_SECONDS = 0.25
_PARTS = {50: "#4c9f70", 99: "#30588c", 100: "#c8553d"}
_LABELS = {50: "p50", 99: "p99", 100: "slowest"}


@dataclass(frozen=True)
class Happened:
    """What began at a time, in seconds since 1970."""

    at: float
    told: str


def draw(path: Path, due: NDArray[np.float64], waits_ms: NDArray[np.float64], happened: Sequence[Happened]) -> None:
    """Write the PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture(due, waits_ms, happened).savefig(path, dpi=120)


def picture(due: NDArray[np.float64], waits_ms: NDArray[np.float64], happened: Sequence[Happened]) -> Figure:
    """Of one answer at least: each of them with its time in seconds since 1970."""
    figure = Figure(figsize=(11.0, 5.0), layout="constrained")
    axes = figure.subplots()
    began = happened[0].at
    bins = np.floor((due - began) / _BIN_SECONDS).astype(np.int64)
    places = np.unique(bins)
    for part, colour in _PARTS.items():
        values = [float(np.percentile(waits_ms[bins == place], part)) for place in places]
        axes.plot(places * _BIN_SECONDS, values, color=colour, linewidth=1.2, label=_LABELS[part])
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high * 6)  # what happened and the legend stand above the lines
    for one in happened:
        axes.axvline(one.at - began, color="#333333", linewidth=0.6, linestyle=":")
        axes.annotate(one.told, (one.at - began, 0.95), xycoords=("data", "axes fraction"), fontsize=9)
    axes.set_xlabel("seconds, at which a message was due")
    axes.set_ylabel("until its answer was read, ms")
    axes.legend(loc="upper right", ncols=3, frameon=False, fontsize=8, bbox_to_anchor=(1.0, 0.93))
    figure.suptitle("make demo-stream: one of two workers is killed")
    return figure
