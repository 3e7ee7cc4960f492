"""Whole searches where there is nothing to find: on shuffled classes nobody is called better than another."""

from pathlib import Path

import numpy as np
import optuna
import pytest
from churn_models.feature_schema import FeatureSchema
from churn_training.search.choose import Candidate, Choice, Cost, Folds, choose
from churn_training.search.fold_scores import FoldScores
from churn_training.search.objective import Objective
from churn_training.search.proof_rows import Parts, part
from churn_training.search.proved import prove_candidates
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.sampler_name import SamplerName
from churn_training.search.space import space_of
from churn_training.search.trial_lines import Budget
from churn_training.training_data import TrainingData
from support.figures import record
from support.searchable_ensemble import SHALLOW_AND_DEEP

SEARCHES = 50
ROWS, FEATURES = 500, 3
HOLDOUT = 0.2
SCHEMA = FeatureSchema.model_validate(
    {
        "target": {"name": "churn", "positive": "yes", "negative": "no"},
        "identity": "id",
        "features": [{"kind": "numeric", "name": f"x{number}"} for number in range(FEATURES)],
    }
)


def _shuffled(generator: np.random.Generator) -> TrainingData:
    """Customers whose classes are others'."""
    matrix = generator.normal(size=(ROWS, FEATURES)).astype(np.float32)
    churns = matrix[:, 0] + matrix[:, 1] * matrix[:, 2] > 0.6
    keys = generator.integers(0, 2**64, size=ROWS, dtype=np.uint64)
    return TrainingData(SCHEMA, matrix, generator.permutation(churns.astype(np.int64)), keys)


def _choice(parts: Parts, folder: Path, seed: int) -> Choice:
    """Of a search of two trials, as the command makes it."""
    space = space_of(SHALLOW_AND_DEEP)
    searched, proof = FoldScores(parts.search, folder), FoldScores(parts.proof, folder)
    study = optuna.create_study(direction="maximize")
    objective, sampling = Objective(space, searched), Sampling(SamplerName.TPE, seed)
    run_trials(study, objective, [space.as_written()], sampling, Budget(2, None), [])
    proved = prove_candidates(space, study.get_trials(), searched, proof).proved
    measured = [Candidate(one.named.name, one.aucs, Cost(None, 1, len(one.named.spec.members))) for one in proved]
    return choose(measured, Folds(parts.test_to_train))


def test_nobody_wins_without_signal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    generator = np.random.default_rng(0)
    choices = [_choice(part(_shuffled(generator), HOLDOUT, seed=0), tmp_path, seed) for seed in range(SEARCHES)]
    # That somebody is worse than the best, or the winner better than what was written.
    false = [any(one.is_proved for one in choice.beside_best) or "is proved" in choice.why for choice in choices]
    figure = record("false_winners", float(np.mean(false)), "share of searches on shuffled classes", "<= 0.05")
    assert figure.holds, figure
    assert sum(len(choice.beside_best) for choice in choices) > SEARCHES, "nobody was compared"
