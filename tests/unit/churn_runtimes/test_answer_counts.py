"""Plain numbers of answers: into the right bucket, none lost between threads, failures apart."""

import threading

import pytest
from churn_models.traffic import SERVING_BOUNDS as BOUNDS
from churn_runtimes.answer_counts import AnswerCounts, Answers, Route, answers_of, counting


@pytest.mark.parametrize(
    ("seconds", "place"),
    [(0.0, 0), (BOUNDS[0], 0), (BOUNDS[0] * 1.01, 1), (BOUNDS[-1], -2), (99.0, -1)],
)
def test_an_answer_falls_into_the_first_bucket_that_holds_it(seconds: float, place: int) -> None:
    counts = AnswerCounts()
    counts.answered(seconds, rows=1)
    found = counts.read()
    assert (found.buckets[place], found.successes) == (1, 1)


def test_threads_lose_no_answer() -> None:
    counts = AnswerCounts()

    def answer() -> None:
        for _ in range(2_000):
            counts.answered(0.001, 2)

    threads = [threading.Thread(target=answer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (counts.read().successes, counts.read().rows) == (16_000, 32_000)


def test_a_block_that_raises_is_a_failure_and_no_answer() -> None:
    with pytest.raises(ValueError, match="no"), counting(Route.GRPC, "counted", "7"):
        raise ValueError("no")
    with counting(Route.GRPC, "counted", "7") as scored:
        scored.rows = 5
    found = answers_of("counted", "7")
    assert (found.successes, found.rows, found.failures) == (1, 5, 1)


def test_an_answer_is_counted_by_the_version_that_gave_it() -> None:
    with counting(Route.GRPC, "tried", "7") as scored:
        scored.rows, scored.version = 2, "8"
    assert (answers_of("tried", "7").successes, answers_of("tried", "8").rows) == (0, 2)


def test_answers_of_two_routes_add_up() -> None:
    counts = AnswerCounts()
    counts.answered(0.5, 3)
    assert (counts.read() + Answers()) == counts.read()
    assert (counts.read() + counts.read()).rows == 6
