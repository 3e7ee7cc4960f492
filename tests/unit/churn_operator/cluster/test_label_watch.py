"""What labels say is asked for beside reconciles, kept for a day, and is of the version that was asked about."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from churn_models.errors import RegistryUnreachable
from churn_models.labels.report import LabelReport
from churn_models.said import AnswerInvalid
from churn_operator.api.status import ChurnModelStatus
from churn_operator.audit.loop import Ended, Freeze, LoopMemory, Occasion, Retraining
from churn_operator.audit.memory import Memory
from churn_operator.cluster.label_watch import LabelQuestion, LabelWatch, label_question
from churn_operator.decide.facts import find_facts
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.labels.evidence import LabelEvidence
from churn_operator.decide.observed import Observed
from churn_operator.observe.record import Fate
from churn_operator.queue import Key
from prometheus_client import REGISTRY
from support.fake_time import run
from support.observations import BEFORE, DIGESTS, deployed, model, observed, revision, served, target

_DAY = 86_400
_UNKNOWN = 3.0


@dataclass
class _World:
    """A labels' process and an MLflow."""

    questions: list[tuple[LabelQuestion, float | None]] = field(default_factory=list)
    changed: list[Key] = field(default_factory=list)
    error: Exception | None = None
    mlflow_is_away: bool = False
    labels: int = 300
    digest: str | None = None

    def watch(self) -> LabelWatch:
        return LabelWatch(self, self.changed.append, self.ask)

    async def promised_auc(self, model: str, version: str, digest: str) -> float | None:
        if self.mlflow_is_away:
            raise RegistryUnreachable("MLflow is away")
        return 0.85

    async def ask(self, question: LabelQuestion, baseline: float | None) -> LabelReport:
        self.questions.append((question, baseline))
        if self.error:
            raise self.error
        return LabelReport(model=question.model, digest=self.digest or question.digest, labels=self.labels)


def _seen(version: str = "2", **spec: Any) -> Observed:
    status = ChurnModelStatus(stable=served(version), previous=served("1"))
    spec = spec or {"labels": {"delay": "1440h"}}
    return observed(model=model(spec, status), deployed=deployed(version), target=target(version))


def _labels(watch: LabelWatch, seen: Observed) -> LabelEvidence | None:
    return watch.observe(seen, find_facts(seen)).labels


async def _minutes(watch: LabelWatch, minutes: float) -> None:
    until = asyncio.get_running_loop().time() + minutes * 60
    while asyncio.get_running_loop().time() < until:
        await asyncio.sleep(await watch.turn())


def test_another_configuration_of_a_version_forgets_neither_its_training_nor_the_version_before() -> None:
    bundles = {"1": "2026-09-01T12:00:00Z", "2": "2026-10-01T12:00:00Z"}
    old = [replace(revision(version), fate=Fate.SERVED, since=since) for version, since in bundles.items()]
    new = replace(revision("2", image="serving:2"), fate=Fate.SERVED, since=BEFORE)
    records = {one.identifier: one for one in (*old, new)}
    seen = replace(_seen(), records=records, deployed=replace(deployed("2"), revision=new.identifier))
    facts = find_facts(seen)
    assert (facts.stable, facts.previous) == (new, old[1])
    found = label_question(seen, facts)
    assert found is not None
    assert (found.previous, found.since) == (DIGESTS["1"], "2026-08-02T12:00:00Z")


LOOKED = {
    "it kept the champion": (Ended.KEPT, "2026-09-24T00:00:00Z"),
    "it made a version that was rejected": (Ended.MADE, "2026-09-24T00:00:00Z"),
    "it failed": (Ended.FAILED, "2026-09-23T12:00:00Z"),
    "it lasts": (None, "2026-09-23T12:00:00Z"),
}


@pytest.mark.parametrize(("ended", "since"), LOOKED.values(), ids=LOOKED)
def test_labels_that_a_training_has_looked_at_are_new_no_more(ended: Ended | None, since: str) -> None:
    begun = Retraining(Occasion("retrain-1", "Schedule", DIGESTS["2"]), "2026-11-23T00:00:00Z", "", ended)
    seen = replace(_seen(), memory=Memory(loop=LoopMemory(retrainings=(begun,))))
    found = label_question(seen, find_facts(seen))
    assert found is not None
    assert found.since == since


def test_what_was_scored_while_rows_were_broken_is_named() -> None:
    old = Freeze("2026-10-01T00:00:00Z", BEFORE, "2026-10-02T00:00:00Z")
    loop = LoopMemory(freezes=(Freeze(BEFORE, BEFORE), old, Freeze("once", BEFORE, BEFORE)))
    seen = replace(_seen(), memory=Memory(loop=loop))
    found = label_question(seen, find_facts(seen))
    assert found is not None
    assert found.unfit == ((old.since, old.ended),)
    assert label_question(replace(seen, now="2026-12-01T00:00:00Z"), find_facts(seen)) == found


def test_the_stable_version_is_asked_about_beside_the_one_before() -> None:
    async def scenario() -> None:
        world = _World()
        watch = world.watch()
        assert _labels(watch, _seen()) is None, "a reconcile waits for nobody"
        await _minutes(watch, 1)
        ((question, baseline),) = world.questions
        assert (question.digest, question.previous) == (DIGESTS["2"], DIGESTS["1"])
        assert (question.delay, question.since, baseline) == (60 * _DAY, "2026-09-23T12:00:00Z", 0.85)
        assert world.changed == [("churn", "telco")]
        found = _labels(watch, _seen())
        assert found is not None
        assert (found.digest, found.version, found.labels) == (DIGESTS["2"], "2", 300)
        place = {"namespace": "churn", "churnmodel": "telco", "version": "2", "signal": "LabelsFresh"}
        assert REGISTRY.get_sample_value("churn_label_state", place) == _UNKNOWN
        watch.forget(("churn", "telco"))
        assert REGISTRY.get_sample_value("churn_label_state", place) is None

    assert BEFORE == "2026-11-22T12:00:00Z"
    run(scenario())


def test_it_is_asked_again_every_ten_minutes_and_only_news_wake_the_reconcile() -> None:
    async def scenario() -> None:
        world = _World()
        watch = world.watch()
        _labels(watch, _seen())
        await _minutes(watch, 25)
        assert len(world.questions) == 3
        assert len(world.changed) == 1
        world.labels = 301
        await _minutes(watch, 10)
        assert len(world.changed) == 2

    run(scenario())


@pytest.mark.parametrize(
    "error",
    [AnswerInvalid("nonsense"), TimeoutError(), ConnectionRefusedError("refused")],
    ids=["nonsense", "silence", "refused"],
)
def test_what_was_heard_holds_for_a_day_of_silence(error: Exception) -> None:
    async def scenario() -> None:
        world = _World()
        watch = world.watch()
        _labels(watch, _seen())
        await _minutes(watch, 1)
        world.error = error
        await _minutes(watch, 23 * 60)
        assert _labels(watch, _seen()) is not None
        await _minutes(watch, 2 * 60)
        assert _labels(watch, _seen()) is None

    run(scenario())


def test_another_stable_version_is_another_question() -> None:
    async def scenario() -> None:
        world = _World()
        watch = world.watch()
        _labels(watch, _seen())
        await _minutes(watch, 1)
        assert _labels(watch, _seen("3")) is None, "what is known of version 2 says nothing of version 3"

    run(scenario())


def test_an_answer_about_another_version_is_none() -> None:
    async def scenario() -> None:
        world = _World(digest=DIGESTS["3"])
        watch = world.watch()
        _labels(watch, _seen())
        await _minutes(watch, 1)
        assert _labels(watch, _seen()) is None

    run(scenario())


def test_without_mlflow_everything_but_the_baseline_is_known() -> None:
    async def scenario() -> None:
        world = _World(mlflow_is_away=True)
        watch = world.watch()
        _labels(watch, _seen())
        await _minutes(watch, 1)
        found = _labels(watch, _seen())
        assert found is not None
        assert found.below_baseline.verdict is GateVerdict.UNKNOWN
        world.mlflow_is_away = False
        await _minutes(watch, 10)
        assert [baseline for _, baseline in world.questions] == [None, 0.85]

    run(scenario())


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(_seen(paused=False), id="the spec asks for no labels"),
        pytest.param(observed(model=model({"labels": {"delay": "1440h"}})), id="nothing serves"),
    ],
)
def test_nobody_is_asked(seen: Observed) -> None:
    async def scenario() -> None:
        world = _World()
        watch = world.watch()
        assert _labels(watch, seen) is None
        await _minutes(watch, 30)
        assert not world.questions

    run(scenario())


def test_an_installation_without_a_labels_process_asks_nobody() -> None:
    async def scenario() -> None:
        world = _World()
        watch = LabelWatch(world, world.changed.append)
        assert _labels(watch, _seen()) is None
        await _minutes(watch, 30)

    run(scenario())
