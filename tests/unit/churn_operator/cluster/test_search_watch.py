"""MLflow is asked for the progress of searches beside reconciles, and what another search told is not taken for it."""

import asyncio
from dataclasses import dataclass, field, replace

from churn_models.errors import RegistryUnreachable
from churn_models.search_progress import SearchProgress
from churn_operator.cluster.search_watch import SearchWatch
from churn_operator.decide.observed import Observed
from churn_operator.observe.search import SearchJob
from churn_operator.observe.training import TrainingJob
from churn_operator.queue import Key
from support.fake_time import run
from support.observations import deployed, observed

SEARCH = SearchJob("telco-search-1", "churn.telco-1", TrainingJob(False, False, ""))
TOLD = SearchProgress(study="churn.telco-1-abc", trials=3, best=0.8)


@dataclass
class _World:
    """An MLflow."""

    told: SearchProgress | None = TOLD
    is_away: bool = False
    asked: list[str] = field(default_factory=list)
    changed: list[Key] = field(default_factory=list)

    async def search_progress(self, experiment: str) -> SearchProgress | None:
        self.asked.append(experiment)
        if self.is_away:
            raise RegistryUnreachable("MLflow is away")
        return self.told


def _progress(watch: SearchWatch, seen: Observed) -> SearchProgress | None:
    found = watch.observe(seen).search
    return found.progress if found else None


async def _seconds(watch: SearchWatch, seconds: float) -> None:
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        await asyncio.sleep(await watch.turn())


def test_what_was_told_last_is_read_and_kept_while_mlflow_is_away() -> None:
    async def scenario() -> None:
        world, seen = _World(), observed(search=SEARCH)
        watch = SearchWatch(world, world.changed.append, 30.0)
        assert _progress(watch, seen) is None, "a reconcile waits for nobody"
        await _seconds(watch, 20)
        assert (_progress(watch, seen), world.asked, len(world.changed)) == (TOLD, ["telco"], 1)
        world.is_away = True
        await _seconds(watch, 60)
        assert (_progress(watch, seen), len(world.changed)) == (TOLD, 1)
        world.is_away, world.told = False, TOLD.model_copy(update={"trials": 4})
        await _seconds(watch, 60)
        assert (_progress(watch, seen), len(world.changed)) == (world.told, 2)

    run(scenario())


def test_another_search_of_the_same_model_is_not_this_one() -> None:
    async def scenario() -> None:
        world, seen = _World(SearchProgress(study="churn.telco-10-abc", trials=3)), observed(search=SEARCH)
        watch = SearchWatch(world, world.changed.append, 30.0)
        _progress(watch, seen)
        await _seconds(watch, 60)
        assert (_progress(watch, seen), world.changed) == (None, [])
        other = replace(SEARCH, study="churn.telco-10")
        _progress(watch, replace(seen, search=other))
        await _seconds(watch, 60)
        assert _progress(watch, replace(seen, search=other)) == world.told

    run(scenario())


def test_nobody_is_asked_once_something_serves() -> None:
    async def scenario() -> None:
        world = _World()
        watch = SearchWatch(world, world.changed.append, 30.0)
        watch.observe(observed(search=SEARCH))
        watch.observe(observed(search=SEARCH, deployed=deployed("1")))
        watch.observe(observed())
        await _seconds(watch, 60)
        assert world.asked == []

    run(scenario())
