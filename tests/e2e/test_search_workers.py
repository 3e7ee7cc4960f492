"""Several workers on one PostgreSQL without a study: none fails over the tables, and every trial counts once."""

import subprocess
import sys

import optuna
import psycopg
from churn_training.search.study_storage import opened_study

WORKERS, TRIALS = 3, 24
WORKER = """
import sys
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.sampler_name import SamplerName
from churn_training.search.study_storage import opened_study
from churn_training.search.trial_lines import Budget

with opened_study(sys.argv[1], "shared") as study:
    budget = Budget(int(sys.argv[2]), None)
    run_trials(study, lambda trial: trial.suggest_float("x", 0, 1), [], Sampling(SamplerName.TPE, None), budget, [])
"""


THEIRS = """
CREATE TABLE trials (customer text);
INSERT INTO trials VALUES ('0042');
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('theirs');
"""
"""Of a business that has its customers in the same database."""


def test_workers_that_start_at_once_share_the_trials(postgresql: str) -> None:
    with psycopg.connect(postgresql) as connection:
        connection.execute(THEIRS)
    arguments = [sys.executable, "-c", WORKER, postgresql, str(TRIALS)]
    workers = [subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) for _ in range(WORKERS)]
    errors = [worker.communicate()[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * WORKERS, errors
    with opened_study(postgresql, "shared") as study:
        trials = study.trials
    assert {trial.state for trial in trials} == {optuna.trial.TrialState.COMPLETE}
    # Each may be at one when the last that counts ends.
    assert TRIALS <= len(trials) < TRIALS + WORKERS
    assert len({trial.params["x"] for trial in trials}) == len(trials)
    with psycopg.connect(postgresql) as connection:
        theirs = connection.execute("SELECT customer, version_num FROM trials, alembic_version").fetchall()
        connection.execute("DROP TABLE trials, alembic_version")
    assert theirs == [("0042", "theirs")]
