"""Places among those in flight: taken, waited for in line, and given back."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest
from churn_runtimes.in_flight_limit import InFlightLimit

FOR_EVER = 3_600.0


async def _begun(*work: Coroutine[None, None, bool]) -> list[asyncio.Task[bool]]:
    tasks = [asyncio.create_task(one) for one in work]
    await asyncio.sleep(0)
    return tasks


async def _whoever_waits_is_served_in_turn() -> None:
    limit = InFlightLimit(1)
    assert limit.enter()
    first, second = await _begun(limit.enter_in_time(FOR_EVER), limit.enter_in_time(FOR_EVER))
    limit.leave()
    assert await first
    assert (second.done(), limit.is_full) == (False, True)
    limit.leave()
    assert await second
    limit.leave()
    assert not limit.is_full


async def _whoever_waits_too_long_gets_none_and_takes_none() -> None:
    limit = InFlightLimit(1)
    assert limit.enter()
    assert not await limit.enter_in_time(0.01)
    limit.leave()
    assert not limit.is_full


async def _a_place_of_a_task_that_is_cancelled_is_given_back() -> None:
    limit = InFlightLimit(1)
    assert limit.enter()
    waiting, given = await _begun(limit.enter_in_time(FOR_EVER), limit.enter_in_time(FOR_EVER))
    waiting.cancel()
    await asyncio.wait([waiting])
    limit.leave()
    given.cancel()
    await asyncio.wait([given])
    assert (waiting.cancelled(), given.cancelled(), limit.is_full) == (True, True, False)


async def _a_line_has_an_end() -> None:
    limit = InFlightLimit(1)
    assert limit.enter()
    tasks = await _begun(*(limit.enter_in_time(FOR_EVER) for _ in range(9)))
    assert [task.done() for task in tasks] == [False] * 8 + [True]
    assert not tasks[-1].result()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@pytest.mark.parametrize(
    "story",
    [
        _whoever_waits_is_served_in_turn,
        _whoever_waits_too_long_gets_none_and_takes_none,
        _a_place_of_a_task_that_is_cancelled_is_given_back,
        _a_line_has_an_end,
    ],
)
def test_the_line(story: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(story())
