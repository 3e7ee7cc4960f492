"""After the trials: the best that differ, a greedy selection, each member alone, what was written."""

from pathlib import Path

import optuna
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema
from churn_training.datasets import Dataset
from churn_training.search.candidates import GREEDY, candidates
from churn_training.search.choose import AS_WRITTEN
from churn_training.search.fold_scores import FoldScores
from churn_training.search.objective import Objective
from churn_training.search.proof import Costs, proof_aucs
from churn_training.search.proof_rows import part
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.sampler_name import SamplerName
from churn_training.search.space import space_of
from churn_training.search.trial_lines import Budget
from churn_training.training_data import TrainingData
from churn_training.validate import validate

TREES = {"n_estimators": {"low": 2, "high": 8}}
SPEC = EnsembleSpec.model_validate(
    {
        "name": "small",
        "combine": "stack",
        "members": [
            {"name": "linear", "kind": "logistic-regression", "parameters": {"max_iter": 500}},
            {"name": "boosted", "kind": "xgboost", "parameters": {"n_estimators": 5}},
        ],
        "search": {"members": {"boosted": TREES}},
    }
)


def test_what_trials_and_selection_bring_is_proved_and_priced(
    telco_schema: FeatureSchema, dataset: Dataset, tmp_path: Path
) -> None:
    data = TrainingData.from_table(telco_schema, validate(telco_schema, dataset.raw))
    parts = part(data, 0.0, seed=0)
    searched, proof = FoldScores(parts.search, tmp_path), FoldScores(parts.proof, tmp_path)
    space = space_of(SPEC)
    study = optuna.create_study(direction="maximize")
    sampling = Sampling(SamplerName.RANDOM, 0)
    run_trials(study, Objective(space, searched), [space.as_written()], sampling, Budget(3, None), [])

    named = {one.name: one.spec for one in candidates(space, telco_schema, study.trials, searched)}

    assert named[AS_WRITTEN].members == SPEC.members
    assert GREEDY in named
    # Where the selection is one member alone, it is not there twice.
    alone = {name: spec for name, spec in named.items() if name.endswith(" alone")}
    assert alone
    meanings = {spec.model_dump_json(include={"combine", "members"}) for spec in named.values()}
    assert len(meanings) == len(named)
    value = Objective(space, searched).value
    assert value(named[GREEDY]) >= max(map(value, alone.values()))
    for spec in named.values():
        aucs = proof_aucs(spec, searched, proof)
        assert len(aucs) == 10
        assert min(aucs) > 0.5
        EnsembleSpec.model_validate(spec.model_dump(exclude_unset=True))
    (tmp_path / "fits").mkdir()
    costs = Costs(parts.proof, tmp_path / "fits", lambda members, rows: 10.0 * len(members) + rows.shape[1])
    whole = costs.of(SPEC, telco_schema)
    assert (whole.microseconds, whole.members) == (20.0 + len(telco_schema.features), 2)
    assert whole.size > max(costs.of(spec, telco_schema).size for spec in alone.values()) > 1000
    (tmp_path / "again").mkdir()
    luck = iter(range(10))
    costs = Costs(parts.proof, tmp_path / "again", lambda members, rows: float(next(luck)))
    renamed = SPEC.model_copy(update={"name": "another"})
    assert costs.of(renamed, telco_schema) == costs.of(SPEC, telco_schema)
