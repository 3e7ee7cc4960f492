"""MLflow's view of a search: a run of the study, below it one of each trial, and a tag that says how far it has come.

The study itself is the record. An MLflow that does not answer is said once and costs no trial.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mlflow
from churn_models.errors import RegistryError
from churn_models.mlflow_access import MlflowAccess
from churn_models.search_progress import PROGRESS_TAG, SearchProgress
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from optuna import Study
from optuna.trial import FrozenTrial, TrialState

from churn_training.mlflow_client import lead_mlflow
from churn_training.search.trial_lines import best_trial, done_trials
from churn_training.tracking_server import ask_for_models, wait_until_it_answers

STUDY_TAG = "churnserve.study"

_PARENT, _NAME = "mlflow.parentRunId", "mlflow.runName"
_ENDS = {TrialState.COMPLETE: "FINISHED", TrialState.PRUNED: "KILLED"}


@dataclass
class TrialRuns:
    """Called by Optuna after each trial."""

    say: Callable[[str], None]
    experiment: str = ""
    parent: str | None = None
    """The study's run; none where MLflow has failed."""

    def begin(self, tracking_uri: str, experiment: str, study: str) -> None:
        """Find the study's run, or make it: workers share it, and so does a search that goes on."""
        try:
            access = MlflowAccess.find(tracking_uri, os.environ)
            wait_until_it_answers(lambda: ask_for_models(access), self.say)
            lead_mlflow(access)
            self.experiment = mlflow.set_experiment(experiment).experiment_id
            self.parent = self._study_run(study)
        except (RegistryError, MlflowException) as error:
            self._go_on_without(error)

    def __call__(self, study: Study, trial: FrozenTrial) -> None:
        """Log it."""
        if self.parent is None:
            return
        try:
            self._log(trial)
            self._tell_progress(study)
        except MlflowException as error:
            self._go_on_without(error)

    def end(self, winner: str, why: str, report: Path | None = None) -> None:
        """Say at the study's run what won, and keep the report there."""
        if self.parent is None:
            return
        try:
            client = mlflow.MlflowClient()
            client.set_tag(self.parent, "winner", winner)
            client.set_tag(self.parent, "mlflow.note.content", why)
            if report is not None:
                client.log_artifact(self.parent, str(report))
            client.set_terminated(self.parent)
        except MlflowException as error:
            self._go_on_without(error)

    def _study_run(self, study: str) -> str:
        client = mlflow.MlflowClient()
        found = client.search_runs([self.experiment], f"tags.`{STUDY_TAG}` = '{study}'", max_results=1)
        run = found[0] if found else client.create_run(self.experiment, tags={STUDY_TAG: study, _NAME: study})
        return str(run.info.run_id)

    def _log(self, trial: FrozenTrial) -> None:
        client = mlflow.MlflowClient()
        run = client.create_run(self.experiment, tags={_PARENT: str(self.parent), _NAME: f"trial {trial.number}"})
        # MLflow takes no brackets and no colon on every store.
        params = [Param(name.replace(":", "."), str(value)) for name, value in trial.params.items()]
        metrics = [Metric("auc_so_far", value, 0, fold) for fold, value in trial.intermediate_values.items()]
        if trial.value is not None and trial.state is TrialState.COMPLETE:
            metrics.append(Metric("auc", trial.value, 0, 0))
        client.log_batch(run.info.run_id, metrics, params)
        client.set_terminated(run.info.run_id, _ENDS.get(trial.state, "FAILED"))

    def _tell_progress(self, study: Study) -> None:
        best = best_trial(study)
        told = SearchProgress(study=study.study_name, trials=done_trials(study), best=best.value if best else None)
        mlflow.MlflowClient().set_experiment_tag(self.experiment, PROGRESS_TAG, told.model_dump_json())

    def _go_on_without(self, error: Exception) -> None:
        self.parent = None
        self.say(f"  the search goes on without MLflow: {' '.join(str(error).split())}")
