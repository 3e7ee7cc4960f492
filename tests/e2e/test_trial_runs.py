"""A search in MLflow: one run of the study, one below it for each trial, and no trial lost where MLflow is away."""

import mlflow
import optuna
import pytest
from churn_models.registry import Registry
from churn_models.search_progress import SearchProgress
from churn_training import tracking_server
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.sampler_name import SamplerName
from churn_training.search.trial_lines import Budget, done_trials
from churn_training.search.trial_runs import STUDY_TAG, TrialRuns
from support.local_stack import LocalStack


def _value(trial: optuna.Trial) -> float:
    found = trial.suggest_float("boosted:eta", 0, 1)
    trial.report(found, 0)
    if trial.number == 1:
        raise optuna.TrialPruned
    return found


def _search(study: optuna.Study, runs: TrialRuns, trials: int) -> None:
    run_trials(study, _value, [], Sampling(SamplerName.RANDOM, 0), Budget(trials, None), [runs])


def test_every_trial_is_a_run_below_the_study(stack: LocalStack) -> None:
    study = optuna.create_study(direction="maximize", study_name="searched-1")
    # Goes on once: the study's run is found again.
    for trials in (2, 3):
        runs = TrialRuns(print)
        runs.begin(stack.tracking_uri, "searched", study.study_name)
        _search(study, runs, trials)
    runs.end("trial 2", "trial 2 ranks best")

    experiment = mlflow.MlflowClient().get_experiment_by_name("searched")
    assert experiment is not None
    with Registry(stack.tracking_uri) as registry:
        told = registry.search_progress("searched")
        assert registry.search_progress("nobody-searched") is None
    assert told == SearchProgress(study="searched-1", trials=3, best=study.best_value)
    found = mlflow.MlflowClient().search_runs([experiment.experiment_id], order_by=["attributes.start_time"])
    parents = [run for run in found if STUDY_TAG in run.data.tags]
    assert [run.data.tags["winner"] for run in parents] == ["trial 2"]
    children = [run for run in found if run.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id]
    by_name = {run.info.run_name: run for run in children}
    assert set(by_name) == {"trial 0", "trial 1", "trial 2"}
    assert [by_name[f"trial {number}"].info.status for number in range(3)] == ["FINISHED", "KILLED", "FINISHED"]
    assert by_name["trial 2"].data.metrics["auc"] == study.trials[2].value
    assert float(by_name["trial 2"].data.params["boosted.eta"]) == study.trials[2].params["boosted:eta"]
    assert "auc" not in by_name["trial 1"].data.metrics


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "no address"])
def test_an_mlflow_that_is_away_is_said_once_and_costs_no_trial(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracking_server, "WAIT_SECONDS", 0.0)
    said: list[str] = []
    study = optuna.create_study(direction="maximize")
    runs = TrialRuns(said.append)
    runs.begin(address, "searched", "searched-2")
    _search(study, runs, 3)
    runs.end("trial 2", "trial 2 ranks best")
    assert done_trials(study) == 3
    assert len(said) == 1
    assert "the search goes on without MLflow: " in said[0]
