"""The study on disk: made once by whoever comes first, kept whoever is killed, and refused in words."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import optuna
import pytest
from churn_training.errors import SearchImpossible, StudyUnavailable
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.sampler_name import SamplerName
from churn_training.search.study_storage import file_url, opened_study
from churn_training.search.trial_lines import Budget, done_trials
from optuna.trial import TrialState

WORKER = """
import sqlite3, sys, time
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.sampler_name import SamplerName
from churn_training.search.study_storage import opened_study
from churn_training.search.trial_lines import Budget

def value(trial):
    found = trial.suggest_float("x", 0, 1)
    if trial.number == int(sys.argv[2]):
        heard = "SELECT 1 FROM trial_heartbeats WHERE trial_id = ?"
        connection = sqlite3.connect(sys.argv[1].removeprefix("sqlite:///"))
        while not connection.execute(heard, (trial._trial_id,)).fetchone():
            time.sleep(0.05)
        print("working", flush=True)
        time.sleep(600)
    return found

with opened_study(sys.argv[1], "s") as study:
    run_trials(study, value, [], Sampling(SamplerName.RANDOM, None), Budget(4, None), [])
"""


def _worker(address: str, sleeps_at: int) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", WORKER, address, str(sleeps_at)], stdout=subprocess.PIPE, text=True)


def _no_news_since_long(database: Path) -> None:
    """As if the grace of a killed worker had passed."""
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00'")
    connection.close()


def test_a_killed_worker_loses_one_trial_which_is_tried_again(tmp_path: Path) -> None:
    address = file_url(tmp_path / "study.db")
    with _worker(address, sleeps_at=2) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "working\n"
        worker.kill()
    _no_news_since_long(tmp_path / "study.db")
    with opened_study(address, "s") as study:
        assert [trial.state for trial in study.trials] == [
            TrialState.COMPLETE,
            TrialState.COMPLETE,
            TrialState.RUNNING,
        ]
        before = study.trials

        def value(trial: optuna.Trial) -> float:
            return trial.suggest_float("x", 0, 1)

        run_trials(study, value, [], Sampling(SamplerName.RANDOM, 0), Budget(4, None), [])
        after = study.trials
    assert after[:2] == before[:2]
    assert after[2].state is TrialState.FAIL
    assert after[3].params == before[2].params
    assert [trial.state for trial in after[3:]] == [TrialState.COMPLETE] * 2


def test_what_a_killed_worker_left_does_not_stay_running(tmp_path: Path) -> None:
    address = file_url(tmp_path / "study.db")
    with _worker(address, sleeps_at=0) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        worker.kill()
    _no_news_since_long(tmp_path / "study.db")
    with opened_study(address, "s"):
        pass
    with opened_study(address, "s") as study:
        assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.WAITING]


def test_workers_that_start_at_once_share_one_study(tmp_path: Path) -> None:
    address = file_url(tmp_path / "new" / "study.db")

    def begin(_: int) -> int:
        with opened_study(address, "s") as study:
            return int(study._study_id)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(begin, range(4)))) == 1


def test_studies_of_other_names_do_not_mix(tmp_path: Path) -> None:
    address = file_url(tmp_path / "study.db")
    with opened_study(address, "one") as study:
        run_trials(study, lambda _: 0.5, [], Sampling(SamplerName.RANDOM, 0), Budget(1, None), [])
    with opened_study(address, "two") as study:
        assert done_trials(study) == 0


@pytest.mark.parametrize(
    "address",
    ["mysql://u:secret@h/d", "postgresql://u:secret@h:port/d", "secret", ""],
)
def test_an_address_of_another_kind_is_refused_and_not_repeated(address: str) -> None:
    with (
        pytest.raises(SearchImpossible, match="postgresql://user@host/database or sqlite:///FILE") as refused,
        opened_study(address, "s"),
    ):
        pass
    assert "secret" not in str(refused.value)


def test_a_server_that_is_away_is_named_without_the_password() -> None:
    with (
        pytest.raises(StudyUnavailable, match=r"127\.0\.0\.1") as refused,
        opened_study("postgresql://u:secret@127.0.0.1:9/d", "s"),
    ):
        pass
    assert "secret" not in str(refused.value)
    assert refused.value.exit_code == 4


def test_a_file_that_is_no_study_is_named(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("not a database, but longer than a header of one is " * 9, encoding="utf-8")
    with (
        pytest.raises(StudyUnavailable, match=r"study\.db: file is not a database"),
        opened_study(file_url(tmp_path / "study.db"), "s"),
    ):
        pass
