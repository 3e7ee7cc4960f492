"""What serving pods are told: the last word, nothing that nobody knows, no weight that nobody judges any more."""

from dataclasses import dataclass

import pytest
from churn_models.traffic import OfferedTable, Traffic
from churn_operator.errors import NotFound, Unreachable
from churn_operator.traffic_board import FRESH_SECONDS, TrafficBoard

KEY = ("churn", "telco")
A = "sha256:" + "a" * 64
TABLE = OfferedTable(sha256=A, digest="sha256:" + "b" * 64, version="2")
SETTLED = Traffic(generation=4)
CANARY = Traffic(generation=5, tables=(TABLE,), candidate=A, weight=25, sample=25)


@dataclass(frozen=True)
class ForAll:
    """The same word for every pod, but for one that is first."""

    traffic: Traffic
    first: Traffic | None = None

    def for_pod(self, pod: str) -> Traffic:
        """`telco-first` is the first one."""
        return self.first if self.first and pod == "telco-first" else self.traffic


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        """Now."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def board(clock: Clock) -> TrafficBoard:
    return TrafficBoard(clock)


def test_before_anything_is_known_nobody_is_told_anything(board: TrafficBoard) -> None:
    with pytest.raises(Unreachable, match="nothing is known of churn/telco yet"):
        board.answer(KEY, "pod")
    board.listed("churn", ["telco"])
    with pytest.raises(Unreachable):
        board.answer(KEY, "pod")


def test_the_last_word_is_told_to_each_pod_its_own(board: TrafficBoard) -> None:
    board.say(KEY, ForAll(CANARY))
    board.say(KEY, ForAll(SETTLED, first=CANARY))
    assert board.answer(KEY, "telco-first") == CANARY
    assert board.answer(KEY, "telco-second") == SETTLED


def test_a_model_that_is_not_there_is_told_from_one_that_is_not_known_yet(board: TrafficBoard) -> None:
    board.say(KEY, ForAll(SETTLED))
    board.listed("churn", ["telco", "other"])
    with pytest.raises(NotFound, match="no ChurnModel churn/third"):
        board.answer(("churn", "third"), "pod")
    with pytest.raises(Unreachable):
        board.answer(("churn", "other"), "pod")
    with pytest.raises(Unreachable):
        board.answer(("elsewhere", "third"), "pod")


def test_one_that_goes_is_forgotten(board: TrafficBoard) -> None:
    board.listed("churn", ["telco", "other"])
    board.say(KEY, ForAll(CANARY))
    board.forget(KEY)
    board.forget(("churn", "other"))
    for name in ("telco", "other"):
        with pytest.raises(NotFound):
            board.answer(("churn", name), "pod")


def test_a_namespace_that_is_no_longer_watched_is_forgotten(board: TrafficBoard) -> None:
    board.listed("churn", [])
    board.say(KEY, ForAll(CANARY))
    board.say(("other", "telco"), ForAll(SETTLED))
    board.forget_namespace("churn")
    with pytest.raises(Unreachable):
        board.answer(KEY, "pod")
    assert board.answer(("other", "telco"), "pod") == SETTLED


def test_a_weight_that_nobody_judges_any_more_is_not_told(board: TrafficBoard, clock: Clock) -> None:
    board.say(KEY, ForAll(CANARY))
    clock.now = FRESH_SECONDS
    assert board.answer(KEY, "pod") == CANARY
    clock.now += 1
    with pytest.raises(Unreachable, match="was not looked at for 30 s"):
        board.answer(KEY, "pod")
    board.say(KEY, ForAll(CANARY))
    assert board.answer(KEY, "pod") == CANARY


def test_a_way_back_is_told_for_as_long_as_it_is_the_last_word(board: TrafficBoard, clock: Clock) -> None:
    way_back = CANARY.model_copy(update={"previous": True, "weight": 100})
    board.say(KEY, ForAll(way_back))
    clock.now = 3600.0
    assert board.answer(KEY, "telco-started-just-now") == way_back


def test_of_a_settled_model_a_word_grows_old(board: TrafficBoard, clock: Clock) -> None:
    board.say(KEY, ForAll(SETTLED))
    clock.now = 3600.0
    assert board.answer(KEY, "pod") == SETTLED
