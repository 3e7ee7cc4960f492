"""What the policies came to, over all streams: gap closed, promotions, harm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.loop.replay import Played, harmful, mean_auc, wrong_rollbacks
from bench.loop.stream import Stream


@dataclass(frozen=True)
class Result:
    """One policy on one stream; `auc` is the mean of its windows."""

    auc: float
    trained: int
    promoted: int
    harmful: int
    rolled_back: int
    wrongly: int
    """Of the rollbacks, those that left a better model."""


Results = Mapping[str, Mapping[str, Result]]
"""By policy, and by stream."""


def result_of(stream: Stream, played: Played) -> Result:
    """Judged by all classes."""
    auc = mean_auc(stream, list(zip(stream.windows(), played.served, strict=True)))
    return Result(
        auc,
        played.trained,
        len(played.promotions),
        harmful(stream, played),
        len(played.rollbacks),
        wrong_rollbacks(stream, played),
    )


def gap_closed(results: Results, policy: str) -> float:
    """Of what lies between the first model for ever and the best in hindsight, the share that the policy won.

    Mean AUC of the streams, so that a stream without a gap weighs nothing.
    """
    never, best, ours = (_total(results[name]) for name in ("never", "oracle", policy))
    return (ours - never) / (best - never)


def promoted(results: Results, policy: str) -> int:
    """On all streams."""
    return sum(one.promoted for one in results[policy].values())


def harmed(results: Results, policy: str) -> int:
    """On all streams."""
    return sum(one.harmful for one in results[policy].values())


def _total(by_stream: Mapping[str, Result]) -> float:
    return sum(one.auc for one in by_stream.values())


def rows_of_table(results: Results, streams: Sequence[str]) -> list[list[str]]:
    """One line for each policy, after the heading."""
    heading = ["policy", "gap closed", "trained", "promoted", "harmful", "rolled back"]
    lines = [[*heading, *(f"AUC {name}" for name in streams)]]
    for policy, by_stream in results.items():
        totals = [sum(getattr(one, part) for one in by_stream.values()) for part in _COUNTS]
        aucs = [f"{by_stream[name].auc:.4f}" for name in streams]
        lines.append([policy, f"{gap_closed(results, policy):.0%}", *map(str, totals), *aucs])
    return lines


_COUNTS = ("trained", "promoted", "harmful", "rolled_back")
