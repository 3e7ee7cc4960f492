"""A store that is asked under a deadline: late, away, back."""

import asyncio
from collections.abc import Callable
from threading import Event

import pytest
from churn_runtimes.keyed.asking import Asking, Miss
from churn_runtimes.state.errors import StateAway, StateDenied

_LONG = 30.0
_SHORT = 0.001


class _Store:
    """Gives its name, once it is let go."""

    def __init__(self, name: str = "store", *, goes: bool = True) -> None:
        self.name = name
        self.asked = 0
        self.gate = Event()
        if goes:
            self.gate.set()

    def answer(self) -> str:
        self.asked += 1
        assert self.gate.wait(_LONG)
        return self.name


def _away(_: _Store) -> str:
    raise StateAway("no connection")


def _denied(_: _Store) -> str:
    raise StateDenied("wrong password")


def _faulty(_: _Store) -> str:
    raise ValueError("a fault of ours")


def test_an_answer_comes_back() -> None:
    asking = Asking([_Store()], _LONG)
    assert asyncio.run(asking.ask(_Store.answer, str)) == "store"
    asking.close()


def test_each_store_is_called_at_the_beginning() -> None:
    stores = [_Store(str(number)) for number in range(3)]
    asking = Asking(stores, _LONG)
    asking.begin(_Store.answer)
    asyncio.run(asking.ask(_Store.answer, str))
    asking.close()
    assert sum(store.asked for store in stores) == 4
    assert all(store.asked for store in stores)


@pytest.mark.parametrize("call", [_away, _faulty])
def test_errors_are_misses(call: Callable[[_Store], str]) -> None:
    async def ask() -> None:
        asking = Asking([_Store()], _LONG)
        for _ in range(10):
            assert await asking.ask(call, str) is Miss.AWAY
        assert await asking.ask(_Store.answer, str) == "store"
        asking.close()

    asyncio.run(ask())


def test_a_wrong_password_is_told_once_also_of_a_store_that_was_away(caplog: pytest.LogCaptureFixture) -> None:
    async def ask() -> None:
        asking = Asking([_Store()], _LONG)
        assert [await asking.ask(_away, str) for _ in range(5)] == [Miss.AWAY] * 5
        assert [await asking.ask(_denied, str) for _ in range(5)] == [Miss.DENIED] * 5
        assert await asking.ask(_away, str) is Miss.AWAY
        assert await asking.ask(_Store.answer, str) == "store"
        assert await asking.ask(_away, str) is Miss.AWAY
        asking.close()

    with caplog.at_level("INFO"):
        asyncio.run(ask())
    told = [record.message.rsplit(": ", 1)[-1] for record in caplog.records if "asyncio" not in record.name]
    assert told == ["no connection", "wrong password", "the state store is back"]


def test_a_store_that_hangs_is_waited_for_by_few() -> None:
    async def ask() -> None:
        stores = [_Store(goes=False) for _ in range(3)]
        asking = Asking(stores, _SHORT)
        missed = [await asking.ask(_Store.answer, str) for _ in range(10)]
        assert missed == [Miss.LATE] * 3 + [Miss.AWAY] * 7
        assert sum(store.asked for store in stores) <= 3
        for store in stores:
            store.gate.set()
        # What was late comes now, by which the store is known to be back.
        async with asyncio.timeout(_LONG):
            while await asking.ask(_Store.answer, str) != "store":
                await asyncio.sleep(_SHORT)
        asking.close()

    asyncio.run(ask())


def test_a_request_that_nobody_waits_for_leaves_the_store_in_use() -> None:
    async def ask() -> None:
        store = _Store(goes=False)
        asking = Asking([store], _LONG)
        given_up = asyncio.create_task(asking.ask(_Store.answer, str))
        await asyncio.sleep(0)
        given_up.cancel()
        store.gate.set()
        assert await asking.ask(_Store.answer, str) == "store"
        asking.close()

    asyncio.run(ask())


def test_what_this_process_takes_itself_says_nothing_of_the_store() -> None:
    async def ask() -> None:
        asking, computes = Asking([_Store()], _SHORT), Event()
        for _ in range(5):
            # One thread: the later ones wait for it, and have not asked.
            assert await asking.ask(_Store.answer, lambda _: computes.wait(_LONG)) is Miss.LATE
        computes.set()
        assert await asking.ask(_Store.answer, str, longer=_LONG) == "store"
        asking.close()

    asyncio.run(ask())
