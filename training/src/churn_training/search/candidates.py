"""Which ensembles are worth a proof after the trials: the best ones, what they can be made of, and what was written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec
from optuna.trial import FrozenTrial

from churn_training.search.choose import AS_WRITTEN
from churn_training.search.fold_scores import FoldScores
from churn_training.search.member_pool import MemberPool, best_first
from churn_training.search.space import Space, with_members

GREEDY = "the greedy selection"
BEST_TRIAL = "the best trial"

_BEST_TRIALS = 3


@dataclass(frozen=True)
class Named:
    """An ensemble by its name in the report."""

    name: str
    spec: EnsembleSpec


def candidates(space: Space, trials: Sequence[FrozenTrial], scores: FoldScores) -> list[Named]:
    """Without those that say the same under another name."""
    found: dict[str, Named] = {}
    for named in _all(space, best_first(trials), scores):
        found.setdefault(_meaning(named.spec), named)
    return list(found.values())


def procedures(space: Space, trials: Sequence[FrozenTrial], scores: FoldScores) -> list[Named]:
    """What each procedure makes of a search, whatever it has found: the same names after every search.

    A member that no good trial has taken stands alone as it is written.
    """
    written = space.written
    best = best_first(trials)
    pool = MemberPool.of(space, best, scores)
    alone = (
        Named(_alone_name(member.name), pool.alone(member.name) or with_members(written, CombineRule.MEAN, (member,)))
        for member in written.members
    )
    return [
        _as_written(written),
        Named(BEST_TRIAL, space.ensemble(best[0].params)),
        Named(GREEDY, pool.greedy()),
        *alone,
    ]


def _all(space: Space, best: Sequence[FrozenTrial], scores: FoldScores) -> Iterator[Named]:
    yield _as_written(space.written)
    different = {_meaning(spec): (trial, spec) for trial in reversed(best) for spec in [space.ensemble(trial.params)]}
    for trial, spec in list(reversed(different.values()))[:_BEST_TRIALS]:
        yield Named(f"trial {trial.number}", spec)
    pool = MemberPool.of(space, best, scores)
    yield Named(GREEDY, pool.greedy())
    for name in dict.fromkeys(member.name for member in pool.members):
        if alone := pool.alone(name):
            yield Named(_alone_name(name), alone)


def _as_written(written: EnsembleSpec) -> Named:
    return Named(AS_WRITTEN, with_members(written, written.combine, written.members))


def _alone_name(member: str) -> str:
    """In the report."""
    return f"{member} alone"


def _meaning(spec: EnsembleSpec) -> str:
    return spec.model_dump_json(include={"combine", "members"})
