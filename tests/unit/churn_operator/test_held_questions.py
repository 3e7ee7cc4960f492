"""How long a question waits, in fake time: until its answer is another one, nobody can say one, or its time is over."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from churn_models.traffic import OfferedTable, Traffic
from churn_operator import held_questions
from churn_operator.held_questions import HeldQuestions, tag_of
from churn_operator.traffic_board import FRESH_SECONDS, TrafficBoard
from support.fake_time import run

KEY, OTHER = ("churn", "telco"), ("churn", "other")
A = "sha256:" + "a" * 64
TABLE = OfferedTable(sha256=A, digest="sha256:" + "b" * 64, version="2")
SETTLED = Traffic(generation=4)
CANARY = Traffic(generation=5, tables=(TABLE,), candidate=A, weight=25)
WAIT = 2.0


@dataclass(frozen=True)
class ForAll:
    """The same word for every pod, but for one that is first."""

    traffic: Traffic
    first: Traffic | None = None

    def for_pod(self, pod: str) -> Traffic:
        """`first` is the first one."""
        return self.first if self.first and pod == "first" else self.traffic


def _now() -> float:
    return asyncio.get_running_loop().time()


def _board() -> TrafficBoard:
    board = TrafficBoard(_now)
    board.listed("churn", ["telco", "other"])
    board.say(KEY, ForAll(SETTLED))
    return board


def _waited(happens: Callable[[TrafficBoard], None], *known: Traffic, pod: str = "pod") -> float:
    """Seconds, where this happens to the board after a second."""

    async def main() -> float:
        board = _board()
        asyncio.get_running_loop().call_later(1.0, happens, board)
        await HeldQuestions(board).until_news(KEY, pod, {tag_of(one) for one in known}, WAIT)
        return _now()

    return run(main())


def _nothing(board: TrafficBoard) -> None:
    pass


def _forget(board: TrafficBoard) -> None:
    board.forget(KEY)


def _forget_namespace(board: TrafficBoard) -> None:
    board.forget_namespace("churn")


def _say(word: ForAll) -> Callable[[TrafficBoard], None]:
    return lambda board: board.say(KEY, word)


@pytest.mark.parametrize(
    ("happens", "seconds"),
    [
        pytest.param(_nothing, WAIT, id="nothing"),
        pytest.param(_say(ForAll(CANARY)), 1.0, id="another word"),
        pytest.param(_say(ForAll(SETTLED)), WAIT, id="the same word"),
        pytest.param(_say(ForAll(SETTLED, first=CANARY)), WAIT, id="another word for another pod"),
        pytest.param(lambda board: board.say(OTHER, ForAll(CANARY)), WAIT, id="a word about another model"),
        pytest.param(_forget, 1.0, id="the model is gone"),
        pytest.param(_forget_namespace, 1.0, id="the namespace is no longer watched"),
    ],
)
def test_what_ends_the_wait_of_whoever_has_the_word(happens: Callable[[TrafficBoard], None], seconds: float) -> None:
    assert _waited(happens, SETTLED) == seconds


def test_the_one_pod_that_is_meant_is_answered() -> None:
    assert _waited(_say(ForAll(SETTLED, first=CANARY)), SETTLED, pod="first") == 1.0


@pytest.mark.parametrize("known", [(), (CANARY,)], ids=["nothing", "another word"])
def test_whoever_has_not_the_word_waits_for_nothing(known: tuple[Traffic, ...]) -> None:
    assert _waited(_nothing, *known) == 0.0


def test_several_tags_may_be_known() -> None:
    assert _waited(_nothing, CANARY, SETTLED) == WAIT


def test_a_model_of_which_nothing_is_known_is_not_waited_for() -> None:
    async def main() -> float:
        await HeldQuestions(_board()).until_news(OTHER, "pod", {tag_of(SETTLED)}, WAIT)
        return _now()

    assert run(main()) == 0.0


def test_a_word_that_nobody_judges_any_more_is_not_waited_for() -> None:
    async def main() -> tuple[float, float]:
        board = _board()
        board.say(KEY, ForAll(CANARY))
        held, known = HeldQuestions(board), {tag_of(CANARY)}
        await asyncio.sleep(FRESH_SECONDS - 1)
        began = _now()
        await held.until_news(KEY, "pod", known, WAIT)
        between = _now()
        await held.until_news(KEY, "pod", known, WAIT)
        return between - began, _now() - between

    assert run(main()) == (WAIT, 0.0)


def test_a_word_that_is_said_while_another_one_is_told_is_not_missed() -> None:
    async def main() -> float:
        board = _board()
        held = HeldQuestions(board)
        loop = asyncio.get_running_loop()
        for moment, word in ((0.5, CANARY), (0.6, SETTLED), (0.7, CANARY)):
            loop.call_later(moment, board.say, KEY, ForAll(word))
        await held.until_news(KEY, "pod", {tag_of(SETTLED)}, WAIT)
        assert _now() == 0.5
        await held.until_news(KEY, "pod", {tag_of(CANARY)}, WAIT)
        assert _now() == 0.6
        await held.until_news(KEY, "pod", {tag_of(SETTLED)}, WAIT)
        return _now()

    assert run(main()) == 0.7


def test_as_many_are_held_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(held_questions, "MOST_HELD", 3)

    async def main() -> list[bool]:
        board = _board()
        held, rooms = HeldQuestions(board), []
        waits = []
        for _ in range(3):
            rooms.append(held.has_room)
            waits.append(asyncio.create_task(held.until_news(KEY, "pod", {tag_of(SETTLED)}, WAIT)))
            await asyncio.sleep(0)
        rooms.append(held.has_room)
        # One gives up, as where its connection is lost.
        waits.pop().cancel()
        await asyncio.sleep(0)
        rooms.append(held.has_room)
        board.say(KEY, ForAll(CANARY))
        await asyncio.gather(*waits)
        return rooms

    assert run(main()) == [True, True, True, False, True]


def test_words_that_differ_have_tags_that_differ() -> None:
    words = [SETTLED, CANARY, CANARY.model_copy(update={"weight": 26})]
    assert len({tag_of(word) for word in words}) == len(words)
    assert tag_of(CANARY) == tag_of(CANARY.model_copy())
