"""When the operator is asked again and what by, in fake time; and that a stop waits for no question."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

import pytest
from churn_models.traffic import POLL_SECONDS, Traffic
from churn_runtimes.candidate.fetch import NotHeard, Word
from churn_runtimes.candidate.pace import pause
from churn_runtimes.candidate.poller import Poller

HOLDS = Word(Traffic(generation=1), '"a"', is_held=True)
OTHER = Word(Traffic(generation=2), '"b"', is_held=True)
BUSY = Word(Traffic(generation=1), '"a"')
OLD = Word(Traffic(generation=1))


@pytest.mark.parametrize(
    ("failures", "is_held", "taken", "expected"),
    [
        pytest.param(0, True, 2.0, 0.0, id="held: again at once"),
        pytest.param(0, True, 0.05, 0.15, id="another word each time: five times a second"),
        pytest.param(0, True, 1.7, 0.0, id="it was slow, or a table was fetched"),
        pytest.param(0, False, 0.5, 1.5, id="not held: every two seconds"),
        pytest.param(0, False, 3.0, 0.0, id="late"),
        pytest.param(1, True, 3.0, 0.2, id="lost"),
        pytest.param(2, False, 0.0, 0.5, id="lost again"),
        pytest.param(3, False, 1.0, 1.0, id="away: every two seconds"),
        pytest.param(50, False, 3.0, 0.2, id="away for long"),
    ],
)
def test_the_pause_between_two_questions(failures: int, is_held: bool, taken: float, expected: float) -> None:
    assert pause(failures, is_held, taken) == pytest.approx(expected)


@dataclass
class World:
    """An operator that takes a time for each answer, and a server that follows it."""

    answers: list[tuple[float, Word | None]]
    """Seconds, and None for a question that is lost."""
    now: float = 0.0
    asked: list[tuple[float, str | None]] = field(default_factory=list)
    """When, and by which tag."""
    heard: list[Traffic] = field(default_factory=list)
    following: Callable[[], None] = lambda: None

    def ask(self, url: str, pod: str, before: Word | None) -> Word:
        """The next answer."""
        self.asked.append((round(self.now, 3), before.tag if before else None))
        seconds, word = self.answers.pop(0)
        self.now += seconds
        if word is None:
            raise NotHeard("away")
        return word

    def hear(self, traffic: Traffic) -> None:
        """What a follower is told."""
        self.heard.append(traffic)
        self.following()

    def run(self) -> list[tuple[float, str | None]]:
        """All answers."""
        poller = Poller("http://operator", self, self.ask, lambda: self.now)
        while self.answers:
            seconds = poller.poll()
            self.now += seconds
        return self.asked


def test_an_operator_that_makes_questions_wait_is_asked_without_a_gap() -> None:
    world = World([(0.01, HOLDS), (1.6, HOLDS), (0.7, OTHER), (1.9, OTHER)])
    assert world.run() == [(0.0, None), (0.2, '"a"'), (1.8, '"a"'), (2.5, '"b"')]
    assert [word.generation for word in world.heard] == [1, 1, 2, 2]


def test_words_that_differ_each_time_are_asked_for_five_times_a_second() -> None:
    world = World([(0.0, word) for word in (HOLDS, OTHER) * 5])
    assert world.run()[-1][0] == pytest.approx(9 * 0.2)


@pytest.mark.parametrize("word", [OLD, BUSY], ids=["older", "with too many questions"])
def test_an_operator_that_makes_none_wait_is_asked_every_two_seconds(word: Word) -> None:
    assert World([(0.1, word)] * 3).run() == [
        (number * POLL_SECONDS, word.tag if number else None) for number in range(3)
    ]


def test_after_a_lost_question_it_is_asked_soon_and_waits_for_nothing() -> None:
    world = World([(0.01, HOLDS), (3.0, None), (1.0, None), (0.0, OTHER), (2.0, OTHER)])
    # What was said at 0.2 is heard at 4.9, though two in a row were lost.
    assert world.run() == [(0.0, None), (0.2, '"a"'), (3.4, None), (4.9, None), (5.1, '"b"')]


def test_an_operator_that_is_away_is_asked_every_two_seconds() -> None:
    world = World([(0.01, HOLDS), *[(0.0, None)] * 5])
    assert [moment for moment, _ in world.run()] == [0.0, 0.2, 0.4, 0.9, 2.9, 4.9]


def test_an_operator_that_is_replaced_by_an_older_one_and_by_a_newer_one() -> None:
    world = World([(0.0, HOLDS), (0.1, None), (0.0, OLD), (0.0, OLD), (0.0, HOLDS), (2.0, HOLDS)])
    asked = [(0.0, None), (0.2, '"a"'), (0.5, None), (2.5, None), (4.5, None), (4.7, '"a"')]
    assert world.run() == asked


def test_a_word_that_could_not_be_followed_is_asked_for_again_but_not_all_the_time() -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    world = World([(0.0, HOLDS)] * 5, following=fail)
    assert world.run() == [(0.0, None), (0.2, None), (0.7, None), (2.7, None), (4.7, None)]


def test_a_table_that_is_fetched_puts_off_the_next_question_by_no_more_than_that() -> None:
    world = World([(0.0, HOLDS), (0.0, OTHER)])

    def fetch() -> None:
        world.now += 1.5

    world.following = fetch
    assert world.run() == [(0.0, None), (1.5, '"a"')]


def test_a_stop_waits_for_no_question() -> None:
    asks, ends = Event(), Event()

    def ask(url: str, pod: str, before: Word | None) -> Word:
        asks.set()
        ends.wait(10)
        return OLD

    poller = Poller("http://operator", World([]), ask)
    poller.start()
    assert asks.wait(10)
    began = time.monotonic()
    poller.stop()
    assert time.monotonic() - began < 1
    ends.set()
