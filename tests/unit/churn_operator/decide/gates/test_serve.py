"""The serve gate on what new and old pods may have answered: what fails, and how rare false alarms are."""

from typing import NamedTuple

import numpy as np
import pytest
from churn_models.score_shift import counts_between
from churn_models.traffic import SERVING_BOUNDS, Serving
from churn_operator.decide.gates.judgement import Gate, GateVerdict
from churn_operator.decide.gates.serve import ServeEvidence, judge_serving, serve_evidence
from support.paired_pods import state


def _served(answers: int, failures: int = 0, milliseconds: float = 2.0, slow: int = 0, pause: float = 1.0) -> Serving:
    """Answers that took the same time each, but for the slow ones, which took that many seconds."""
    seconds = np.concatenate([np.full(answers - slow, milliseconds / 1e3), np.full(slow, pause)])
    buckets = tuple(counts_between(SERVING_BOUNDS, seconds).tolist())
    return Serving(answers=answers, failures=failures, seconds=float(seconds.sum()), buckets=buckets)


def _unscored(rows: int, without: int) -> Serving:
    """Rows, so many of them without a score, in as many answers."""
    return _served(rows).model_copy(update={"rows": rows, "not_scores": without})


class Case(NamedTuple):
    """What both answered, and which gates fail by it; None: too little to say."""

    new: Serving
    old: Serving
    fails: set[Gate] | None


CASES = {
    "alike": Case(_served(300), _served(900), set()),
    "no traffic": Case(Serving(), Serving(), None),
    "all requests to old pods": Case(Serving(), _served(900), None),
    "nothing to compare with": Case(_served(0, failures=900), Serving(), None),
    "it fails all": Case(_served(0, failures=20), _served(60), {Gate.FAILURES}),
    "it hangs now and then": Case(_served(300, failures=30), _served(900), {Gate.FAILURES}),
    "it gives a row in ten no score": Case(_unscored(300, 30), _unscored(900, 0), {Gate.NOT_SCORES}),
    "neither gives a row in ten a score": Case(_unscored(300, 30), _unscored(900, 90), set()),
    "19 failures are too few": Case(_served(300, failures=19), _served(900), set()),
    "both fail, for a reason outside": Case(_served(300, failures=100), _served(900, failures=290), set()),
    "five times slower": Case(_served(300, milliseconds=10), _served(900), {Gate.ANSWER_TIME}),
    "twice slower": Case(_served(300, milliseconds=4), _served(900), set()),
    "thirty times slower, and no millisecond": Case(
        _served(300, milliseconds=0.6), _served(900, milliseconds=0.02), set()
    ),
    "one answer in ten takes a second": Case(_served(50, slow=5), _served(900), {Gate.ANSWER_TIME}),
    "one answer in five waits for a busy core": Case(_served(100, slow=20, pause=0.09), _served(900), set()),
    "two pauses": Case(_served(100, slow=2), _served(900), set()),
}


@pytest.mark.parametrize("name", CASES)
def test_what_fails(name: str) -> None:
    new, old, fails = CASES[name]
    found = judge_serving(ServeEvidence(new, old))
    assert {result.gate for result in found.results if result.verdict is GateVerdict.FAIL} == (fails or set())
    expected = GateVerdict.UNKNOWN if fails is None else GateVerdict.FAIL if fails else GateVerdict.PASS
    assert found.verdict is expected


def test_only_the_same_minutes_count() -> None:
    """The old process has answered for days; the new one has begun with the rollout."""
    days, later = _served(1_000, failures=500), _served(1_100, failures=500)
    first, last = (state(instance="old").model_copy(update={"serving": one}) for one in (days, later))
    fresh = state(instance="new").model_copy(update={"serving": _served(60)})
    found = serve_evidence([(None, fresh)], [(first, last)])
    assert (found.new.answers, found.old.answers, found.old.failures) == (60, 100, 0)
    assert sum(found.old.buckets) == 100


def test_a_process_whose_counts_shrink_counts_for_nothing() -> None:
    first, last = (state(instance="one").model_copy(update={"serving": _served(n)}) for n in (1_000, 900))
    assert serve_evidence([(first, last)], []).new == Serving()


def test_a_process_that_started_again_counts_from_its_start() -> None:
    first = state(instance="before").model_copy(update={"serving": _served(1_000)})
    last = state(instance="after").model_copy(update={"serving": _served(10)})
    assert serve_evidence([(first, last)], []).new.answers == 10


def test_servers_that_do_not_tell_count_for_nothing() -> None:
    assert serve_evidence([(None, state())], [(None, state())]).new == Serving()


def test_an_image_that_is_as_good_is_almost_never_failed_though_failures_come_in_storms() -> None:
    """A third of the pods are new; each minute a failure of what is behind them takes its share of the requests."""
    rng = np.random.default_rng(16)
    assert sum(_is_ever_failed(rng) for _ in range(500)) <= 2


def _is_ever_failed(rng: np.random.Generator) -> bool:
    new, old = np.zeros(2, int), np.zeros(2, int)
    for _ in range(30):
        chance = rng.choice([0.0, 0.001, 0.2])
        for counts, requests in ((new, rng.poisson(50)), (old, rng.poisson(100))):
            failures = rng.binomial(requests, chance)
            counts[:] += (requests - failures, failures)
        served = (Serving(answers=int(answers), failures=int(failures)) for answers, failures in (new, old))
        if judge_serving(ServeEvidence(*served)).verdict is GateVerdict.FAIL:
            return True
    return False
