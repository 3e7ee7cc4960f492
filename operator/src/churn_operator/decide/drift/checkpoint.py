"""The present window as text of bounded length, whatever number of pods: only sums over the processes are kept.

What a process has counted since the window began is its counts now less those then. Sums of both are enough for all
processes together, as long as the same ones are heard again; `take_in` says what happens otherwise.
"""

from base64 import b64decode, b64encode
from zlib import compress, decompressobj, error

from churn_models.drift.counts import Counts
from churn_models.frozen_model import FrozenModel
from churn_models.paired_scores import Count
from pydantic import Field, ValidationError

from churn_operator.api.drift_report import LARGEST_CHECKPOINT
from churn_operator.decide.drift.state import Checkpoint, DriftState
from churn_operator.decide.drift.tally import Tally
from churn_operator.decide.drift.window import counted_so_far, rows_so_far

_MOST_INSTANCES = 500
_LARGEST_JSON = 64 << 20


class _Tally(FrozenModel):
    counts: Counts
    dropped: Count


class _Packed(FrozenModel):
    window: _Tally | None
    base: _Tally | None
    instances: dict[str, tuple[str, Count]] = Field(max_length=_MOST_INSTANCES)


def packed(state: DriftState) -> str:
    """Empty where there is nothing to go on with, or more than fits: the window's rows are lost then."""
    if state.awaited or not state.instances or len(state.instances) > _MOST_INSTANCES:
        return ""
    # Nobody shall wait for processes that are gone: of those the rows of the window are all that matters.
    there = [one for one in state.instances if not one.is_gone]
    content = _Packed(
        window=_packed(rows_so_far(state)),
        base=_packed(counted_so_far(there)),
        instances={one.instance: (one.pod, one.last.rows) for one in there},
    )
    text = b64encode(compress(content.model_dump_json().encode(), 6)).decode()
    return text if len(text) <= LARGEST_CHECKPOINT else ""


def unpacked(text: str, now: str) -> Checkpoint | None:
    """None where it is empty or cannot be read: its rows are lost, nothing else."""
    try:
        content = _Packed.model_validate_json(decompressobj().decompress(b64decode(text), _LARGEST_JSON))
    except (ValueError, error, ValidationError):
        return None
    return Checkpoint(_unpacked(content.window), _unpacked(content.base), content.instances, now)


def _packed(tally: Tally | None) -> _Tally | None:
    return _Tally(counts=tally.counts, dropped=tally.dropped) if tally else None


def _unpacked(tally: _Tally | None) -> Tally | None:
    return Tally(tally.counts, tally.dropped) if tally else None
