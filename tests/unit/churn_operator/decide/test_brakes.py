"""What keeps the loop from acting too often, by tables of what the chain remembers."""

from typing import NamedTuple

import pytest
from churn_operator.api.loop import Loop
from churn_operator.audit.loop import Ended, LoopMemory, Occasion, Retraining
from churn_operator.decide.brakes import back_off, rest_brake, retraining_brake
from churn_operator.observe.late import after
from support.observations import NOW

HOUR, DAY = 3600.0, 86400.0


def ago(seconds: float) -> str:
    """So long before NOW."""
    return after(NOW, -seconds)


def trained(begun: float, result: Ended | None = Ended.MADE, ended: float | None = None) -> Retraining:
    """Begun and ended so many seconds ago."""
    over = "" if result is None else ago(begun - HOUR if ended is None else ended)
    return Retraining(Occasion(f"retrain-{begun:g}", "Input", "sha256:1"), ago(begun), over, result)


class Case(NamedTuple):
    """What is remembered, and for how many more seconds it holds; None: it may begin."""

    loop: LoopMemory
    holds: float | None
    asked: Loop = Loop()


BRAKES = {
    "nothing was done yet": Case(LoopMemory(), None),
    "something was done an hour ago": Case(LoopMemory(acted=ago(HOUR)), 5 * HOUR),
    "six hours are over": Case(LoopMemory(acted=ago(6 * HOUR)), None),
    "trained ten hours ago": Case(LoopMemory((trained(10 * HOUR),)), 14 * HOUR),
    "trained a day ago": Case(LoopMemory((trained(DAY),)), None),
    "a shorter cooldown": Case(LoopMemory((trained(2 * HOUR),)), None, Loop(cooldown="1h")),
    "one is under way": Case(LoopMemory((trained(3 * DAY, None),)), DAY),
    "two in seven days": Case(LoopMemory((trained(2 * DAY), trained(5 * DAY))), 2 * DAY),
    "the first of two is a week old": Case(LoopMemory((trained(2 * DAY), trained(7 * DAY))), None),
    "five may begin": Case(
        LoopMemory((trained(2 * DAY), trained(5 * DAY))), None, Loop.model_validate({"maxPer7Days": 5})
    ),
    "one has failed": Case(LoopMemory((trained(2 * DAY, Ended.FAILED, 10 * HOUR),)), 14 * HOUR),
    "bad data are a failure": Case(LoopMemory((trained(2 * DAY, Ended.DATA_REJECTED, 10 * HOUR),)), 14 * HOUR),
    "two in a row have failed": Case(
        LoopMemory((trained(2 * DAY, Ended.FAILED, DAY), trained(9 * DAY, Ended.FAILED))), DAY
    ),
    "a failure before a good one is forgotten": Case(
        LoopMemory((trained(2 * DAY), trained(8 * DAY, Ended.FAILED))), None
    ),
    "a champion that was kept is no failure": Case(LoopMemory((trained(25 * HOUR, Ended.KEPT, 24 * HOUR),)), None),
    "the longest counts": Case(LoopMemory((trained(DAY / 2),), acted=ago(HOUR)), DAY / 2),
}


@pytest.mark.parametrize("case", BRAKES.values(), ids=BRAKES.keys())
def test_a_retraining_is_held_for_so_long(case: Case) -> None:
    brake = retraining_brake(case.asked, case.loop, NOW)
    assert (brake.seconds if brake else None) == case.holds


def test_failures_back_off_one_two_and_four_days() -> None:
    assert [back_off(failures) / DAY for failures in range(6)] == [0, 1, 2, 4, 4, 4]


def test_everything_rests_for_six_hours_after_an_action() -> None:
    assert rest_brake(LoopMemory(acted=ago(6 * HOUR - 1)), NOW)
    assert rest_brake(LoopMemory(acted=ago(6 * HOUR)), NOW) is None
