"""When the present window is over, and what it holds then."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from churn_models.drift.errors import CountsShrank

from churn_operator.decide.drift.settings import LEAST_SECONDS, MOST_DROPPED, MOST_SECONDS, DriftSettings
from churn_operator.decide.drift.state import DriftState, Instance
from churn_operator.decide.drift.tally import Tally, total_of
from churn_operator.observe.late import seconds_between
from churn_operator.observe.sidecar_pod import PodKind


@dataclass(frozen=True)
class ClosedWindow:
    """Rows between two times."""

    start: str
    end: str
    pods: dict[str, Tally]
    """Of servers, which are each other's peers."""
    rest: Tally | None
    """Of processes that are gone, and of workers: which customers a worker sees is its partitions', not chance."""
    alike: float | None = None
    """As `DriftState` has it."""


def is_over(state: DriftState, settings: DriftSettings, now: str) -> bool:
    """1,000 rows and a minute, or 300 rows and 15 minutes, or seven days: with the defaults.

    Rows that were dropped count where they are many: else the last verdict would hold for as long as none gets through.
    """
    if not state.begun or state.awaited:
        return False
    age, seen = seconds_between(state.begun, now), state.rows + state.dropped
    rows = seen if state.dropped > MOST_DROPPED * seen else state.rows
    is_full = rows >= settings.rows and age >= LEAST_SECONDS
    is_enough = rows >= settings.min_rows and age >= settings.max_age
    return is_full or is_enough or age >= MOST_SECONDS


def cut(state: DriftState, now: str) -> tuple[ClosedWindow, DriftState]:
    """The present window, and the state with the next one."""
    pods: dict[str, Tally] = {}
    rest, lost = state.carried, 0
    for one in state.instances:
        tally, missed = window_of(one)
        lost += missed
        if one.kind is PodKind.WORKER:
            rest = _total([rest, tally])
        elif tally and tally.rows + tally.dropped:
            pods[one.pod] = pods[one.pod].plus(tally) if one.pod in pods else tally
    window = ClosedWindow(state.begun or now, now, pods, rest, state.alike)
    instances = tuple(replace(one, begin=one.last) for one in state.instances)
    return window, replace(state, begun="", carried=None, instances=instances, lost=state.lost + lost)


def window_of(one: Instance) -> tuple[Tally | None, int]:
    """Rows of a process in the present window; where its counts have fallen, None and how many rows that costs."""
    try:
        return one.tally(), 0
    except CountsShrank:
        return None, max(0, one.rows)


def rows_so_far(state: DriftState) -> Tally | None:
    """Of the present window, all pods together."""
    return _total([state.carried, *(window_of(one)[0] for one in state.instances)])


def counted_so_far(instances: Iterable[Instance]) -> Tally | None:
    """Of processes since they began, all together."""
    return _total(one.last for one in instances)


def _total(tallies: Iterable[Tally | None]) -> Tally | None:
    return total_of(tally for tally in tallies if tally)
