"""Facts of a report of a search without a search."""

import numpy as np
import optuna
from churn_models.ensemble_spec import EnsembleSpec
from churn_training.search.choose import AS_WRITTEN, Candidate, Cost, Folds, choose
from churn_training.search.learning_curve import LearningPoint
from churn_training.search.page.facts import RowCounts, SearchFacts

_WINNER = EnsembleSpec.model_validate(
    {
        "name": "mine",
        "combine": "weighted",
        "members": [
            {"name": "linear", "kind": "logistic-regression", "parameters": {"C": 0.1}, "weight": 2},
            {"name": "boosted", "kind": "xgboost", "parameters": {"n_estimators": 50}},
        ],
    }
)


def search_facts() -> SearchFacts:
    """Three candidates, of which the second wins because it is cheaper; thirty trials of which one setting matters."""
    spread = 0.001 * np.linspace(-1, 1, 10)
    candidates = [
        Candidate("trial 3", tuple(0.83 + spread), Cost(8.0, 90_000, 2)),
        Candidate("linear alone", tuple(0.8295 - spread), Cost(0.5, 150_000, 1)),
        Candidate(AS_WRITTEN, tuple(0.80 - spread), Cost(9.0, 99_000, 2)),
    ]
    return SearchFacts(
        study="mine-0123456789ab",
        rows=RowCounts(3000, 1300, 1100),
        trials=_trials(),
        candidates=candidates,
        choice=choose(candidates, Folds(0.1)),
        expected=(0.80, 0.86),
        winner=_WINNER,
        learning=(LearningPoint(500, 0.81, 0.80, 0.82), LearningPoint(1000, 0.83, 0.825, 0.835)),
        members=np.random.default_rng(0).random((50, 2)),
    )


def _trials() -> list[optuna.trial.FrozenTrial]:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))

    def value(trial: optuna.Trial) -> float:
        trial.suggest_int("linear:max_iter", 10, 20)
        found = 0.8 - (trial.suggest_float("linear:C", 0, 1) - 0.5) ** 2
        trial.report(found, 0)
        if trial.number % 7 == 6:
            raise optuna.TrialPruned
        return found

    study.optimize(value, n_trials=30)
    return study.get_trials()
