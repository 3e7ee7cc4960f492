"""A line per trial: what came out, the best so far, and how long it will take."""

from collections.abc import Iterator

import optuna
import pytest
from churn_training.search.search_time import SearchTime
from churn_training.search.trial_lines import TrialLines, duration


def _study(values: list[float | None]) -> optuna.Study:
    study = optuna.create_study(direction="maximize")
    for value in values:
        trial = study.ask()
        trial.report(value or 0.5, 0)
        study.tell(trial, value, state=None if value else optuna.trial.TrialState.PRUNED)
    return study


def _clock() -> Iterator[float]:
    yield 1000.0
    yield 1000.0
    while True:
        yield 1120.0


@pytest.mark.parametrize(
    ("values", "trials", "seconds", "line"),
    [
        pytest.param([0.8], 9, None, "1 of 9 trials; trial 0: 0.8000; best 0.8000 (trial 0); 16 min left", id="first"),
        pytest.param(
            [0.8, 0.7], 9, None, "2 of 9 trials; trial 1: 0.7000; best 0.8000 (trial 0); 7 min left", id="worse"
        ),
        pytest.param(
            [None],
            2,
            None,
            "1 of 2 trials; trial 0: given up after 1 folds; best none yet; 2 min left",
            id="pruned",
        ),
        pytest.param([0.8], None, 200.0, "1 trials; trial 0: 0.8000; best 0.8000 (trial 0); 80 s left", id="by time"),
        pytest.param(
            [0.8],
            900,
            200.0,
            "1 of 900 trials; trial 0: 0.8000; best 0.8000 (trial 0); 80 s left",
            id="what comes first",
        ),
        pytest.param([0.8], 1, 60.0, "1 of 1 trials; trial 0: 0.8000; best 0.8000 (trial 0); 0 s left", id="late"),
    ],
)
def test_a_line(values: list[float | None], trials: int | None, seconds: float | None, line: str) -> None:
    said: list[str] = []
    clock = _clock()
    study = _study(values)
    time = SearchTime(seconds, lambda: next(clock))
    TrialLines(trials, 0, said.append, time)(study, study.trials[-1])
    assert said == [f"  {line}"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3599, "1 h 0 min"), (12_000, "3 h 20 min")]
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
