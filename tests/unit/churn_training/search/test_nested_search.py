"""`search --nested`: nothing inside a fold sees what the fold leaves out, and whole procedures are compared."""

from pathlib import Path

import numpy as np
import optuna
import pytest
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.errors import DataInvalid
from churn_models.feature_schema import FeatureSchema
from churn_training.search.candidates import BEST_TRIAL, GREEDY, procedures
from churn_training.search.choose import AS_WRITTEN
from churn_training.search.fold_scores import FoldScores
from churn_training.search.nested_budget import cost_in_words, shares
from churn_training.search.objective import Objective
from churn_training.search.proof import proof_aucs
from churn_training.search.proof_rows import inner_rows, part_nested
from churn_training.search.proved import InnerSearch, prove_procedures
from churn_training.search.run_trials import Sampling, run_trials
from churn_training.search.sampler_name import SamplerName
from churn_training.search.search_rows import SearchRows
from churn_training.search.space import Space, space_of
from churn_training.search.trial_lines import Budget
from churn_training.synthetic import synthesize
from churn_training.training_data import TrainingData
from churn_training.validate import validate
from optuna.trial import FrozenTrial

HOUR = 3600
SPEC = EnsembleSpec.model_validate(
    {
        "name": "small",
        "combine": "mean",
        "members": [
            {"name": "linear", "kind": "logistic-regression", "parameters": {"max_iter": 500}},
            {"name": "forest", "kind": "random-forest", "parameters": {"n_estimators": 3}},
        ],
        "search": {"members": {"forest": {"min_samples_leaf": {"low": 1, "high": 40}}}},
    }
)


def _data(rows: int = 400, /, **around: str) -> TrainingData:
    target = {"name": "churn", "positive": "yes", "negative": "no"}
    schema = FeatureSchema.model_validate(
        {"target": target, "features": [{"kind": "numeric", "name": "months"}]} | around
    )
    return TrainingData.from_table(schema, validate(schema, synthesize(schema, rows, seed=1).raw))


@pytest.mark.parametrize(
    ("around", "folds"),
    [
        pytest.param({"identity": "id"}, 10, id="by identity"),
        pytest.param({}, 10, id="by content"),
        pytest.param({"identity": "id", "time": "seen", "label_delay": "24h"}, 5, id="by time"),
    ],
)
def test_a_search_inside_a_fold_sees_nobody_whom_the_fold_leaves_out(around: dict[str, str], folds: int) -> None:
    parts = part_nested(_data(**around), seed=0)
    inside = inner_rows(parts.proof)
    assert len(inside) == len(parts.proof.folds) == folds
    # All rows to fit on are searched on in the end.
    assert len(parts.search.data.target) == len(parts.proof.data.target)
    for rows, (fitted, left_out) in zip(inside, parts.proof.folds, strict=True):
        outer = parts.proof.data
        assert not set(rows.data.keys.tolist()) & set(outer.keys[left_out].tolist())
        assert len(rows.data.target) == len(fitted)
        if outer.times is not None and rows.data.times is not None:
            assert rows.data.times.max() <= outer.times[left_out].min() - 24 * HOUR
    assert len({rows.digest for rows in [*inside, parts.search]}) == folds + 1


def test_without_time_every_row_proves_once_in_each_repeat() -> None:
    parts = part_nested(_data(identity="id"), seed=0)
    counts = np.bincount(np.concatenate([left_out for _, left_out in parts.proof.folds]))
    assert set(counts.tolist()) == {2}
    assert parts.proving == len(parts.proof.data.target)


def test_rows_of_one_class_are_told() -> None:
    data = _data(identity="id")
    with pytest.raises(DataInvalid, match="too few to prove"):
        part_nested(data.rows(np.flatnonzero(data.target == 0)), seed=0)


def _trials(space: Space, scores: FoldScores, seed: int) -> list[FrozenTrial]:
    study = optuna.create_study(direction="maximize")
    sampling = Sampling(SamplerName.RANDOM, seed)
    run_trials(study, Objective(space, scores), [space.as_written()], sampling, Budget(3, None), [])
    return study.get_trials()


def test_each_fold_scores_what_its_own_search_found(tmp_path: Path) -> None:
    space = space_of(SPEC)
    parts = part_nested(_data(identity="id"), seed=0)
    schema = parts.proof.data.schema
    few = SearchRows(parts.proof.data, parts.proof.folds[:3], seed=0)
    searched, proof = FoldScores(parts.search, tmp_path), FoldScores(few, tmp_path)
    inner = []
    for fold, rows in enumerate(inner_rows(few)):
        scores = FoldScores(rows, tmp_path)
        inner.append(InnerSearch(_trials(space, scores, seed=fold), scores))
    trials = _trials(space, searched, seed=9)

    proved = {one.named.name: one for one in prove_procedures(space, trials, searched, inner, proof).proved}

    assert list(proved) == [AS_WRITTEN, BEST_TRIAL, GREEDY, "linear alone", "forest alone"]
    offered = {one.name: one.spec for one in procedures(space, schema, trials, searched)}
    assert {name: one.named.spec for name, one in proved.items()} == offered
    assert proved[AS_WRITTEN].aucs == proof_aucs(SPEC, searched, proof)
    for fold, one in enumerate(inner):
        found = {named.name: named.spec for named in procedures(space, schema, one.trials, one.scores)}
        assert {name: every.aucs[fold] for name, every in proved.items()} == {
            name: proof_aucs(spec, one.scores, proof)[fold] for name, spec in found.items()
        }
    # The searches have found different ensembles, or the last comparison would say nothing.
    best = [space.ensemble(max(one.trials, key=lambda trial: trial.value or 0.0).params) for one in inner]
    assert len({spec.model_dump_json() for spec in best}) > 1


def test_every_search_has_as_much_time_as_the_others() -> None:
    assert list(shares(4)) == [1 / 4, 1 / 3, 1 / 2, 1]


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        pytest.param(
            Budget(200, None),
            "11 searches, one inside each of 10 folds and one on all rows: 200 trials each, 2200 in all",
            id="trials",
        ),
        pytest.param(Budget(None, 7200.0), "on all rows: 2 h 0 min for all of them together", id="hours"),
    ],
)
def test_what_it_costs_is_said(budget: Budget, words: str) -> None:
    assert cost_in_words(budget, 10).endswith(words)
