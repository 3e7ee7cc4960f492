"""What keeps the loop from acting too often: pure functions of what the audit chain remembers and of spec.loop.

Safety of a rollout (faults, latency, scores of the same rows) knows no brakes, and a freeze, which only stops things,
knows none either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from churn_operator.api.loop import Loop
from churn_operator.api.quantities import seconds
from churn_operator.audit.loop import Ended, LoopMemory
from churn_operator.observe.late import seconds_between

REST_SECONDS = 6 * 3600.0
"""After any action."""
_DAY = 86400.0
_LONGEST_BACK_OFF = 4 * _DAY
_FAILURES = (Ended.FAILED, Ended.DATA_REJECTED)


@dataclass(frozen=True)
class Brake:
    """Why something is not done now, and how long that holds."""

    why: str
    seconds: float


def rest_brake(loop: LoopMemory, now: str) -> Brake | None:
    """Six hours after whatever was done last: its effect has to be seen first."""
    if not loop.acted:
        return None
    left = REST_SECONDS - seconds_between(loop.acted, now)
    return Brake("it rests for six hours after the last action", left) if left > 0 else None


def retraining_brake(asked: Loop, loop: LoopMemory, now: str) -> Brake | None:
    """The one that holds longest of those that hold a retraining; None: it may begin."""
    return max(_retraining_brakes(asked, loop, now), key=lambda brake: brake.seconds, default=None)


def back_off(failures: int) -> float:
    """Seconds after the last of so many failures in a row: 1, 2, 4 days."""
    return min(_DAY * 2.0 ** (failures - 1), _LONGEST_BACK_OFF) if failures else 0.0


def _retraining_brakes(asked: Loop, loop: LoopMemory, now: str) -> Iterator[Brake]:
    if rest := rest_brake(loop, now):
        yield rest
    if loop.open_retraining:
        yield Brake("one is under way", _DAY)
    if not loop.retrainings:
        return
    last = loop.retrainings[0]
    left = seconds(asked.cooldown) - seconds_between(last.begun, now)
    if left > 0:
        yield Brake(f"the last one began less than {asked.cooldown} ago", left)
    if len(loop.retrainings) >= asked.max_per_7_days:
        oldest = loop.retrainings[asked.max_per_7_days - 1]
        left = 7 * _DAY - seconds_between(oldest.begun, now)
        if left > 0:
            yield Brake(f"{asked.max_per_7_days} have begun within seven days", left)
    ended = [one for one in loop.retrainings if one.result is not None]
    failures = len(list(takewhile(lambda one: one.result in _FAILURES, ended)))
    if failures:
        left = back_off(failures) - seconds_between(ended[0].ended, now)
        if left > 0:
            yield Brake(f"{failures} in a row have failed", left)
