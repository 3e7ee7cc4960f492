"""A loop outlives every error of its turns; one that has ended or hangs is named."""

import asyncio

import pytest
from churn_operator.errors import Unreachable
from churn_operator.loops import Loops
from support.fake_time import run


def test_a_loop_goes_on_after_any_error() -> None:
    errors: list[Exception] = [ValueError("HTML where JSON should be"), Unreachable("away"), KeyError("model_version")]
    turns: list[float] = []

    async def turn() -> float:
        turns.append(asyncio.get_running_loop().time())
        if len(turns) <= len(errors):
            raise errors[len(turns) - 1]
        return 30.0

    async def main() -> str | None:
        loops = Loops()
        loops.start("poll", turn)
        await asyncio.sleep(60)
        problem = loops.problem()
        await loops.stop()
        return problem

    assert run(main()) is None
    assert turns == [0.0, 5.0, 10.0, 15.0, 45.0]


def test_a_loop_that_hangs_or_has_ended_is_named() -> None:
    async def hang() -> float:
        await asyncio.Event().wait()
        return 0.0

    async def end() -> float:
        raise SystemError

    async def main() -> list[str | None]:
        loops = Loops()
        loops.start("patient", hang)
        await asyncio.sleep(599)
        problems = [loops.problem()]
        await asyncio.sleep(2)
        problems.append(loops.problem())
        await loops.stop("patient")
        problems.append(loops.problem())
        loops.start("lost", end)
        loops._tasks["lost"].cancel()
        await asyncio.sleep(1)
        return [*problems, loops.problem()]

    assert run(main()) == [None, "the loop 'patient' hangs", None, "the loop 'lost' has ended"]


def test_the_same_error_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def turn() -> float:
        raise Unreachable("away")

    async def main() -> None:
        loops = Loops()
        loops.start("poll", turn)
        await asyncio.sleep(60)
        await loops.stop()

    run(main())
    assert len(caplog.records) == 1
