"""A search that is killed ten times at any moment keeps every finished trial, and counts none twice."""

import multiprocessing
import random
import sqlite3
import time
from multiprocessing.connection import Connection
from pathlib import Path

import optuna
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.sampler_name import SamplerName
from churn_training.search.study_storage import file_url, opened_study
from churn_training.search.trial_lines import Budget
from optuna.trial import FrozenTrial, TrialState

KILLS, TRIALS, FOLDS = 10, 200, 3
_MOST_FOLDS, _LONGEST_PAUSE = 18, 0.02
"""A worker's life: folds that it has begun, and seconds after."""


def _search(address: str, trials: int, told: Connection | None = None) -> None:
    def value(trial: optuna.Trial) -> float:
        found = trial.suggest_float("x", 0, 1)
        for fold in range(FOLDS):
            if told:
                told.send(fold)
            trial.report(found, fold)
        return found

    with opened_study(address, "s") as study:
        run_trials(study, value, [], Sampling(SamplerName.RANDOM, None), Budget(trials, None), [])


def _killed(address: str, moments: random.Random) -> None:
    context = multiprocessing.get_context("fork")
    heard, told = context.Pipe(duplex=False)
    worker = context.Process(target=_search, args=(address, TRIALS, told))
    worker.start()
    for _ in range(moments.randint(1, _MOST_FOLDS)):
        heard.recv()
    time.sleep(moments.uniform(0, _LONGEST_PAUSE))
    worker.kill()
    worker.join()
    heard.close()
    told.close()


def _finished(address: str) -> dict[int, FrozenTrial]:
    with opened_study(address, "s") as study:
        return {trial.number: trial for trial in study.trials if trial.state is TrialState.COMPLETE}


def _let_the_grace_pass(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00'")
        connection.execute("UPDATE trials SET datetime_start = '2020-01-01 00:00:00' WHERE state = 'RUNNING'")
    connection.close()


def test_ten_kills_lose_one_trial_each_at_most(tmp_path: Path) -> None:
    address, moments = file_url(tmp_path / "study.db"), random.Random(7)
    kept = _finished(address)
    for _ in range(KILLS):
        _killed(address, moments)
        _let_the_grace_pass(tmp_path / "study.db")
        found = _finished(address)
        assert {number: found.get(number) for number in kept} == kept
        kept = found
    assert 0 < len(kept) < TRIALS
    _search(address, len(kept) + 5)
    with opened_study(address, "s") as study:
        trials = study.trials
    finished = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    assert len(finished) == len(kept) + 5
    # What was lost was tried again with the same values, and counts once.
    assert len({trial.params["x"] for trial in finished}) == len(finished)
    lost = [trial for trial in trials if trial.state is not TrialState.COMPLETE]
    assert {trial.state for trial in lost} <= {TrialState.FAIL}
    assert len(lost) <= KILLS
