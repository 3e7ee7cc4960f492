"""How often something from outside may have a ChurnModel looked at."""

from typing import NamedTuple

import pytest
from churn_operator.wakes import Wakes, Woken

TELCO, OTHER = ("churn", "telco"), ("churn", "other")


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """Now."""
        return self.now


class World(NamedTuple):
    """Wakes, and what they have done."""

    wakes: Wakes
    time: Clock
    added: list[tuple[str, str]]
    later: list[tuple[tuple[str, str], float]]


@pytest.fixture
def world() -> World:
    time, added, later = Clock(), list[tuple[str, str]](), list[tuple[tuple[str, str], float]]()
    wakes = Wakes({TELCO, OTHER}.__contains__, added.append, lambda key, seconds: later.append((key, seconds)), time)
    return World(wakes, time, added, later)


def test_one_that_nobody_knows_is_not_looked_at(world: World) -> None:
    assert world.wakes.wake(("churn", "forged")) is Woken.UNKNOWN
    assert (world.added, world.later) == ([], [])


def test_a_thousand_are_one_look_now_and_one_when_it_may_be_again(world: World) -> None:
    assert world.wakes.wake(TELCO) is Woken.WOKEN
    world.time.now += 2.0
    assert {world.wakes.wake(TELCO) for _ in range(999)} == {Woken.LATER}
    assert (world.added, world.later) == ([TELCO], [(TELCO, 3.0)])


def test_each_model_has_its_own_turn(world: World) -> None:
    world.wakes.wake(TELCO)
    assert world.wakes.wake(OTHER) is Woken.WOKEN
    assert world.added == [TELCO, OTHER]


def test_after_a_while_it_is_looked_at_at_once_again(world: World) -> None:
    world.wakes.wake(TELCO)
    world.time.now += 1.0
    world.wakes.wake(TELCO)
    # The look that was put off was at 5 s; the next may be at 10 s.
    world.time.now += 8.0
    assert world.wakes.wake(TELCO) is Woken.LATER
    world.time.now += 6.5
    assert world.wakes.wake(TELCO) is Woken.WOKEN
    assert (world.added, world.later) == ([TELCO, TELCO], [(TELCO, 4.0), (TELCO, 1.0)])
