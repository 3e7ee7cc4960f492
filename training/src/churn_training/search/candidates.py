"""Which ensembles are worth a proof after the trials: the best ones, what they can be made of, and what was written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from churn_models.combine import CombineRule, Scores
from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from optuna.trial import FrozenTrial, TrialState

from churn_training.metrics import METRICS, Metric
from churn_training.search.choose import AS_WRITTEN
from churn_training.search.fold_scores import FoldScores
from churn_training.search.greedy_selection import fold_mean, greedy_selection
from churn_training.search.space import Space, with_members

GREEDY = "the greedy selection"

_BEST_TRIALS = 3
_POOL_TRIALS = 10
"""Of so many trials, the best ones, the members are what a greedy selection takes from."""
_MOST_MEMBERS = 6


@dataclass(frozen=True)
class Named:
    """An ensemble by its name in the report."""

    name: str
    spec: EnsembleSpec


@dataclass(frozen=True)
class _Pool:
    """Members that differ, their scores `[rows, members]` one fold after another, and the AUC of each."""

    members: list[MemberSpec]
    scores: Scores
    aucs: list[float]


def candidates(space: Space, trials: Sequence[FrozenTrial], scores: FoldScores) -> list[Named]:
    """Without those that say the same under another name."""
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    best = sorted(complete, key=lambda trial: -(trial.value or 0.0))
    found: dict[str, Named] = {}
    for named in _all(space, best, scores):
        found.setdefault(_meaning(named.spec), named)
    return list(found.values())


def _all(space: Space, best: Sequence[FrozenTrial], scores: FoldScores) -> Iterator[Named]:
    written = space.written
    yield Named(AS_WRITTEN, with_members(written, written.combine, written.members))
    different = {_meaning(spec): (trial, spec) for trial in reversed(best) for spec in [space.ensemble(trial.params)]}
    for trial, spec in list(reversed(different.values()))[:_BEST_TRIALS]:
        yield Named(f"trial {trial.number}", spec)
    pool = _pool([space.ensemble(trial.params) for trial in best[:_POOL_TRIALS]], scores)
    yield Named(GREEDY, with_members(written, *_greedy(pool, scores)))
    for name in dict.fromkeys(member.name for member in pool.members):
        places = [place for place, member in enumerate(pool.members) if member.name == name]
        alone = pool.members[max(places, key=lambda place: pool.aucs[place])]
        yield Named(f"{name} alone", with_members(written, CombineRule.MEAN, (alone,)))


def _pool(specs: Sequence[EnsembleSpec], scores: FoldScores) -> _Pool:
    different: dict[str, MemberSpec] = {}
    for spec in specs:
        for member in spec.members:
            alike = member.model_copy(update={"weight": 1.0})
            different.setdefault(alike.model_dump_json(), alike)
    members = list(different.values())
    folds = range(len(scores.rows.folds))
    columns = [np.concatenate([scores.member(member, fold) for fold in folds]) for member in members]
    value = fold_mean(_auc, [scores.rows.target(fold) for fold in folds])
    return _Pool(members, np.column_stack(columns), [value(column) for column in columns])


def _greedy(pool: _Pool, scores: FoldScores) -> tuple[CombineRule, tuple[MemberSpec, ...]]:
    targets = [scores.rows.target(fold) for fold in range(len(scores.rows.folds))]
    taken = greedy_selection(pool.scores, fold_mean(_auc, targets), _MOST_MEMBERS)
    chosen = [place for place in np.flatnonzero(taken) if taken[place]]
    names = _names([pool.members[place].name for place in chosen])
    weighs = len(set(taken[chosen])) > 1
    members = tuple(
        pool.members[place].model_copy(update={"name": name} | ({"weight": float(taken[place])} if weighs else {}))
        for place, name in zip(chosen, names, strict=True)
    )
    return (CombineRule.WEIGHTED if weighs else CombineRule.MEAN), members


def _names(names: Sequence[str]) -> list[str]:
    """`xgboost`, `xgboost-2`: members of one ensemble differ in name."""
    found: list[str] = []
    for name in names:
        number, free = 1, name
        while free in found or (number > 1 and free in names):
            number += 1
            free = f"{name[:59]}-{number}"
        found.append(free)
    return found


def _meaning(spec: EnsembleSpec) -> str:
    return spec.model_dump_json(include={"combine", "members"})


def _auc(scores: Scores, target: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> float:
    return METRICS[Metric.AUC](target, scores)
