"""Of those that are as good as the best the cheapest wins, and the sentence says no more than was shown."""

import numpy as np
import pytest
from churn_training.search.choose import AS_WRITTEN, Candidate, Cost, Folds, choose

SPREAD = 0.002 * np.linspace(-1, 1, 10)
FOLDS = Folds(0.1)


def _candidate(  # what a candidate differs in
    name: str, auc: float, size: int, members: int = 1, spread: float = 1.0, taken: float | None = None
) -> Candidate:
    # Every other fold the other way round, so that differences spread.
    own = SPREAD * spread * (1 if size % 2 else -1)
    return Candidate(name, tuple(auc + own), Cost(taken, size, members))


@pytest.mark.parametrize(
    ("candidates", "winner", "words"),
    [
        pytest.param(
            [_candidate("a", 0.85, 11), _candidate("b", 0.80, 2)], "a", "a ranks best (AUC 0.8500)", id="proved worse"
        ),
        pytest.param(
            [_candidate("a", 0.85, 11_001), _candidate("b", 0.8495, 2_000)],
            "b",
            "b ranks as well as the best (AUC 0.8495 to 0.8500, less than 0.002 apart) on customers that the search "
            "had not seen, and costs least to serve (2 kB to 11 kB)",
            id="as good and cheaper",
        ),
        pytest.param(
            [_candidate("a", 0.85, 11, spread=9), _candidate("b", 0.845, 2, spread=9)],
            "a",
            "a ranks best",
            id="not proved worse, but by more than nobody notices",
        ),
        pytest.param(
            [_candidate("a", 0.85, 11), _candidate("b", 0.85, 11, members=2)], "a", "", id="as large: fewer members"
        ),
        pytest.param(
            [_candidate("a", 0.85, 11_001, taken=2.0), _candidate("b", 0.8495, 150_000, taken=0.9)],
            "b",
            "costs least to serve (0.9 µs a row to 2 µs a row)",
            id="larger, but faster",
        ),
        pytest.param(
            [_candidate("a", 0.85, 11_001, taken=2.0), _candidate("b", 0.8495, 2_000, taken=2.02)],
            "b",
            "",
            id="as fast as far as can be measured: smaller",
        ),
        pytest.param([_candidate("a", 0.85, 1)], "a", "a ranks best", id="alone"),
    ],
)
def test_the_winner(candidates: list[Candidate], winner: str, words: str) -> None:
    for order in (candidates, candidates[::-1]):
        choice = choose(order, FOLDS)
        assert choice.winner == winner
        assert words in choice.why


@pytest.mark.parametrize(
    ("written", "spread", "words"),
    [
        pytest.param(0.82, 1.0, "0.0300 better than the ensemble as written is proved", id="proved"),
        pytest.param(0.845, 9.0, "0.0050 better than the ensemble as written is no more than chance may do", id="not"),
    ],
)
def test_the_sentence_says_whether_what_was_written_is_worse(written: float, spread: float, words: str) -> None:
    found = choose(
        [_candidate("trial 3", 0.85, 1, spread=spread), _candidate(AS_WRITTEN, written, 2, spread=spread)], FOLDS
    )
    assert found.winner == "trial 3"
    assert words in found.why


def test_what_was_written_and_wins_is_compared_with_nobody() -> None:
    choice = choose([_candidate(AS_WRITTEN, 0.85, 1), _candidate("trial 3", 0.80, 2)], FOLDS)
    assert choice.why == f"{AS_WRITTEN} ranks best (AUC 0.8500) on customers that the search had not seen"


@pytest.mark.parametrize(
    ("tolerance", "winner"),
    [
        pytest.param(0.002, "cheaper", id="usual"),
        pytest.param(0.0, "best", id="none: the best, whatever it costs"),
        pytest.param(0.01, "cheapest", id="wide"),
    ],
)
def test_the_tolerance_says_how_much_worse_a_cheaper_one_may_be(tolerance: float, winner: str) -> None:
    sizes = {"best": (0.85, 901), "cheaper": (0.849, 32), "cheapest": (0.845, 2)}
    candidates = [_candidate(name, auc, size, spread=9) for name, (auc, size) in sizes.items()]
    choice = choose(candidates, FOLDS, tolerance)
    assert (choice.winner, choice.tolerance) == (winner, tolerance)


def test_without_a_proof_the_sentence_claims_none() -> None:
    candidates = [_candidate("a", 0.85, 11), _candidate(AS_WRITTEN, 0.80, 2)]
    why = choose(candidates, Folds(0.25, proves=False)).why
    assert why == "a ranks best (AUC 0.8500) in the trials' own folds, which flatter it and prove nothing"
