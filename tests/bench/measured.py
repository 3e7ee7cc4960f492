"""What one load on one server showed, and how several rounds become one value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Measured:
    """Answers per second and their latency; `generator_busy` is the generator's share of its own core."""

    per_second: float
    p50_ms: float
    p99_ms: float
    generator_busy: float


def from_latencies(seconds: Sequence[float], took: float, generator_busy: float) -> Measured:
    """Summarize latencies that were kept one by one."""
    p50, p99 = np.percentile(np.asarray(seconds) * 1e3, [50, 99])
    return Measured(len(seconds) / took, float(p50), float(p99), generator_busy)


def from_schedule(finished: Sequence[float], lasted: Sequence[float], per_second: float) -> list[float]:
    """Latencies counted from when each request was due, for a generator that counts from when it sent.

    The one that was sent closest to its time tells when the schedule began.
    """
    ends = np.asarray(finished)
    starts = ends - np.asarray(lasted)
    order = np.argsort(starts, kind="stable")
    due = np.arange(len(starts)) / per_second
    began = (starts[order] - due).min()
    latencies: list[float] = (ends[order] - (began + due)).tolist()
    return latencies


def p99_ratios(ours: Sequence[Measured], others: Sequence[Measured]) -> list[float]:
    """Of the rounds of two servers at one rate, in pairs: how many times longer our slowest hundredth waits."""
    return [one.p99_ms / other.p99_ms for one, other in zip(ours, others, strict=True)]


def best_rate(rounds: Sequence[Measured]) -> float:
    """Of the fastest round: on a shared machine only slowness is noise."""
    return max(one.per_second for one in rounds)


def best_p50(rounds: Sequence[Measured]) -> float:
    """Of the round with the lowest median."""
    return min(one.p50_ms for one in rounds)


def best_p99(rounds: Sequence[Measured]) -> float:
    """Of the round with the lowest 99th percentile."""
    return min(one.p99_ms for one in rounds)
