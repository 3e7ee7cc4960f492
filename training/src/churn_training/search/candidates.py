"""Which ensembles are worth a proof after the trials: the best ones, what they can be made of, and what was written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec
from churn_models.feature_schema import FeatureSchema
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
    """An ensemble by its name in the report, and the schema with the features that it is fitted on."""

    name: str
    spec: EnsembleSpec
    schema: FeatureSchema


def candidates(space: Space, written: FeatureSchema, trials: Sequence[FrozenTrial], scores: FoldScores) -> list[Named]:
    """Without those that say the same under another name; `written` is the schema without what the search added."""
    found: dict[str, Named] = {}
    schema = scores.rows.data.schema
    for named in (_as_written(space, written), *_of_trials(space, schema, best_first(trials), scores)):
        found.setdefault(_meaning(named.spec) + named.schema.model_dump_json(), named)
    return list(found.values())


def procedures(space: Space, written: FeatureSchema, trials: Sequence[FrozenTrial], scores: FoldScores) -> list[Named]:
    """What each procedure makes of a search, whatever it has found: the same names after every search.

    A member that no good trial has taken stands alone as it is written.
    """
    best = best_first(trials)
    pool = MemberPool.of(space, best, scores)
    made = {BEST_TRIAL: space.ensemble(best[0].params), GREEDY: pool.greedy()}
    for member in space.written.members:
        alone = pool.alone(member.name) or with_members(space.written, CombineRule.MEAN, (member,))
        made[_alone_name(member.name)] = alone
    return [_as_written(space, written), *(Named(name, spec, scores.rows.data.schema) for name, spec in made.items())]


def _of_trials(space: Space, schema: FeatureSchema, best: Sequence[FrozenTrial], scores: FoldScores) -> Iterator[Named]:
    different = {_meaning(spec): (trial, spec) for trial in reversed(best) for spec in [space.ensemble(trial.params)]}
    for trial, spec in list(reversed(different.values()))[:_BEST_TRIALS]:
        yield Named(f"trial {trial.number}", spec, schema)
    pool = MemberPool.of(space, best, scores)
    yield Named(GREEDY, pool.greedy(), schema)
    for name in dict.fromkeys(member.name for member in pool.members):
        if alone := pool.alone(name):
            yield Named(_alone_name(name), alone, schema)


def _as_written(space: Space, schema: FeatureSchema) -> Named:
    return Named(AS_WRITTEN, with_members(space.written, space.written.combine, space.written.members), schema)


def _alone_name(member: str) -> str:
    return f"{member} alone"


def _meaning(spec: EnsembleSpec) -> str:
    return spec.model_dump_json(include={"combine", "members"})
