"""The queue: one key is never in two workers, nothing added is lost, failures come back."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from churn_operator.queue import Key, KeyedQueue
from support.fake_time import run

A, B = ("churn", "a"), ("churn", "b")


def _run(queue: KeyedQueue, handle: Callable[[Key], Awaitable[float | None]], until: Callable[[], bool]) -> None:
    async def work() -> None:
        while True:
            await queue.work_once(handle)

    async def main() -> None:
        workers = [asyncio.create_task(work()) for _ in range(4)]
        async with asyncio.timeout(10):
            while not until():
                await asyncio.sleep(0)
        for worker in workers:
            worker.cancel()

    asyncio.run(main())


def test_a_key_added_many_times_is_worked_on_once() -> None:
    queue, handled = KeyedQueue(), []

    async def handle(key: Key) -> None:
        handled.append(key)

    for _ in range(5):
        queue.add(A)
    queue.add(B)
    _run(queue, handle, lambda: queue.depth() == 0 and len(handled) >= 2)
    assert handled == [A, B]


def test_a_key_added_while_it_is_worked_on_is_worked_on_again_afterwards() -> None:
    queue, running, most, done = KeyedQueue(), 0, 0, 0

    async def handle(key: Key) -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        if done == 0:
            queue.add(key)
            queue.add(key)
        await asyncio.sleep(0)
        running -= 1
        done += 1

    queue.add(A)
    _run(queue, handle, lambda: done == 2)
    assert most == 1


def test_a_failed_key_comes_back_and_waits_longer_each_time() -> None:
    queue = KeyedQueue()
    # Failing for days: at one failure in five minutes, 2.0 ** n overflows on the fourth.
    delays = [queue._delay_after_failure(A) for _ in range(1100)]
    assert 0.4 <= delays[0] <= 0.6
    assert all(later > earlier for earlier, later in pairwise(delays[:9]))
    assert max(delays) <= 360


def test_a_reconcile_that_hangs_is_given_up_and_comes_back() -> None:
    queue, began = KeyedQueue(), []

    async def handle(key: Key) -> None:
        began.append(asyncio.get_running_loop().time())
        await asyncio.Event().wait()

    async def main() -> None:
        queue.add(A)
        while len(began) < 2:
            await queue.work_once(handle)

    with pytest.raises(TimeoutError):
        run(asyncio.wait_for(main(), 400))
    assert began[0] == 0.0
    assert 300 < began[1] < 301


def test_a_failure_does_not_end_the_worker() -> None:
    queue, attempts = KeyedQueue(), 0

    async def handle(key: Key) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise RuntimeError

    queue.add(A)
    _run(queue, handle, lambda: attempts == 2)


def test_a_key_can_be_looked_at_again_later() -> None:
    queue, times = KeyedQueue(), 0

    async def handle(key: Key) -> float | None:
        nonlocal times
        times += 1
        return 0.01 if times == 1 else None

    queue.add(A)
    _run(queue, handle, lambda: times == 2)
