"""MLflow is asked beside the reconciles: what is slow, away or talks nonsense delays nobody and changes nothing."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

import pytest
from churn_models.errors import (
    BundleError,
    ManifestInvalid,
    RegistryAnswerInvalid,
    RegistryUnreachable,
    VersionNotFound,
)
from churn_operator.api.model_source import ModelSource
from churn_operator.api.status import Reason
from churn_operator.cluster.registry_watch import RegistryWatch
from churn_operator.decide.observed import Target, TargetProblem
from churn_operator.decide.target import Identity, Wanted
from churn_operator.loops import Loops
from churn_operator.observe.expected import Expected
from churn_operator.queue import Key
from support.fake_time import run

POLL = 30.0
TELCO = ModelSource(name="telco")
KEY = ("churn", "telco")
DIGESTS = {"1": "sha256:" + "1" * 64, "2": "sha256:" + "2" * 64}


@dataclass(frozen=True)
class Recorded:
    """What a record tells."""

    version: str
    digest: str
    members: tuple[str, ...]
    comparison: Expected | None = None


RECORD = Recorded("1", DIGESTS["1"], ("xgboost",))


@dataclass
class FakeMlflow:
    """Answers from `versions`, or raises `fault`; models of `hanging` take half a minute and then fail."""

    versions: dict[str, str] = field(default_factory=lambda: {"telco": "1"})
    fault: Exception | None = None
    hanging: frozenset[str] = frozenset()
    asked: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    manifests: int = 0

    async def resolve(self, wanted: Wanted) -> tuple[str, bool]:
        """The version of the fake."""
        self.asked[wanted.model].append(asyncio.get_running_loop().time())
        if wanted.model in self.hanging:
            await asyncio.sleep(30)
            raise RegistryUnreachable("timed out")
        if self.fault and not isinstance(self.fault, BundleError):
            raise self.fault
        return self.versions[wanted.model], False

    async def identify(self, model: str, version: str) -> Identity:
        """A manifest of the fake."""
        self.manifests += 1
        if self.fault:
            raise self.fault
        return Identity(DIGESTS[version], ("xgboost",))

    async def set_alias(self, model: str, alias: str, version: str, over: str | None) -> None:
        """Move the alias."""
        self.versions[model] = version

    async def set_tag(self, model: str, version: str, key: str, value: str) -> None:
        """Take it."""


class Watched:
    """A registry watch that turns, and what it had enqueued."""

    def __init__(self, mlflow: FakeMlflow) -> None:
        self.mlflow = mlflow
        self.enqueued: list[tuple[float, Key]] = []
        self.watch = RegistryWatch(mlflow, self._changed, POLL)
        self.loops = Loops()
        self.loops.start("registry watch", self.watch.turn)

    def target(self, *recorded: Recorded, source: ModelSource = TELCO) -> Target | TargetProblem | None:
        """What a reconcile reads."""
        return self.watch.find_target(KEY, source, recorded)

    def _changed(self, key: Key) -> None:
        self.enqueued.append((asyncio.get_running_loop().time(), key))


async def _settled(watched: Watched, *recorded: Recorded) -> Target | TargetProblem | None:
    for _ in range(2):
        watched.target(*recorded)
        await asyncio.sleep(1)
    return watched.target(*recorded)


def test_a_new_source_is_asked_at_once_and_its_model_enqueued() -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow())
        assert watched.target() is None
        await asyncio.sleep(0.5)
        assert [key for _, key in watched.enqueued] == [KEY]
        # The version is known; that no record has its digest, the reconcile tells.
        assert watched.target() is None
        await asyncio.sleep(0.5)
        assert [key for _, key in watched.enqueued] == [KEY, KEY]
        assert watched.target() == Target("1", DIGESTS["1"], False, ("xgboost",))

    run(main())


def test_a_version_that_a_record_knows_is_not_read_again() -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow())
        assert not watched.watch.heard_of(KEY, TELCO)
        await asyncio.sleep(1)
        assert watched.watch.heard_of(KEY, TELCO)
        assert watched.target(RECORD) == Target("1", DIGESTS["1"], False, ("xgboost",))
        await asyncio.sleep(100)
        assert watched.mlflow.manifests == 0

    run(main())


def test_what_mlflow_says_later_of_a_version_is_not_believed() -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow())
        changed = Recorded("1", DIGESTS["2"], ("xgboost",))
        assert await _settled(watched, changed) == Target("1", DIGESTS["2"], False, ("xgboost",))
        # A record of v0.1 keeps no members: the manifest is read for them, and must have the recorded digest.
        target = await _settled(watched, Recorded("1", DIGESTS["2"], ()))
        assert isinstance(target, TargetProblem)
        assert target.reason is Reason.ARTIFACT_INVALID

    run(main())


def test_an_alias_that_moves_enqueues_within_a_poll() -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow())
        await _settled(watched)
        watched.enqueued.clear()
        watched.mlflow.versions["telco"] = "2"
        await asyncio.sleep(POLL * 1.2)
        assert {key for _, key in watched.enqueued} == {KEY}
        await asyncio.sleep(1)
        assert watched.target() == Target("2", DIGESTS["2"], False, ("xgboost",))

    run(main())


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(RegistryUnreachable("refused"), id="away"),
        pytest.param(RegistryAnswerInvalid("HTML with 200"), id="nonsense"),
        pytest.param(KeyError("model_version"), id="what nobody foresaw"),
    ],
)
def test_a_fault_changes_nothing_until_the_answer_is_three_polls_old(fault: Exception) -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow())
        before = await _settled(watched)
        watched.enqueued.clear()
        watched.mlflow.fault = fault
        await asyncio.sleep(2 * POLL)
        assert watched.target() == before
        assert watched.enqueued == []
        await asyncio.sleep(2 * POLL)
        assert isinstance(watched.target(), TargetProblem)
        assert [key for _, key in watched.enqueued] == [KEY]
        watched.mlflow.fault = None
        await asyncio.sleep(1.2 * POLL)
        assert watched.target() == before
        assert [key for _, key in watched.enqueued] == [KEY, KEY]
        assert watched.loops.problem() is None

    run(main())


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (VersionNotFound("no alias champion"), Reason.VERSION_NOT_FOUND),
        (ManifestInvalid("holds no bundle"), Reason.ARTIFACT_INVALID),
        (RegistryUnreachable("refused"), Reason.REGISTRY_UNREACHABLE),
        (RegistryAnswerInvalid("HTML"), Reason.REGISTRY_ERROR),
    ],
)
def test_a_first_answer_that_is_none_is_told_by_name(fault: Exception, reason: Reason) -> None:
    async def main() -> None:
        target = await _settled(Watched(FakeMlflow(fault=fault)))
        assert isinstance(target, TargetProblem)
        assert target.reason is reason

    run(main())


def test_models_that_hang_delay_no_other() -> None:
    hanging = frozenset(f"hangs-{number}" for number in range(40))
    mlflow = FakeMlflow(versions={f"good-{number}": "1" for number in range(40)}, hanging=hanging)

    async def main() -> None:
        watched = Watched(mlflow)
        for name in sorted(hanging):
            watched.watch.find_target(("churn", name), ModelSource(name=name), ())
        await asyncio.sleep(300)
        began = asyncio.get_running_loop().time()
        for name in mlflow.versions:
            watched.watch.find_target(("churn", name), ModelSource(name=name), ())
        await asyncio.sleep(2)
        assert {key[1] for at, key in watched.enqueued if at >= began and key[1].startswith("good")} == {
            *mlflow.versions
        }

    run(main())


def test_a_first_answer_is_waited_for_five_seconds_and_no_longer() -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow(hanging=frozenset({"telco"})))
        assert watched.target() is None
        await asyncio.sleep(4)
        assert watched.target() is None
        await asyncio.sleep(3)
        assert isinstance(watched.target(), TargetProblem)
        assert [key for _, key in watched.enqueued] == [KEY]

    run(main())


def test_a_process_that_ends_waits_for_no_answer() -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow(hanging=frozenset({"telco"})))
        watched.target()
        await asyncio.sleep(1)
        await watched.loops.stop()
        watched.watch.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, timeout=0.1)
        assert all(task.done() for task in others)

    run(main())


def test_nobody_asks_for_a_model_that_is_gone() -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow())
        await _settled(watched)
        watched.watch.forget(KEY)
        asked = len(watched.mlflow.asked["telco"])
        await asyncio.sleep(100)
        assert len(watched.mlflow.asked["telco"]) == asked

    run(main())


def test_a_pinned_digest_must_be_the_one_of_the_version() -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow())
        await _settled(watched)
        target = watched.target(source=TELCO.model_copy(update={"digest": DIGESTS["2"]}))
        assert isinstance(target, TargetProblem)
        assert target.reason is Reason.DIGEST_MISMATCH

    run(main())


def test_an_answer_from_before_a_moment_is_asked_for_again_at_once() -> None:
    async def main() -> None:
        watched = Watched(FakeMlflow())
        await _settled(watched, RECORD)
        await asyncio.sleep(10)
        assert watched.watch.is_asked_since(20.0, KEY, TELCO)
        assert not watched.watch.is_asked_since(2.0, KEY, TELCO)
        await asyncio.sleep(1)
        assert watched.watch.is_asked_since(3.0, KEY, TELCO)
        assert len(watched.mlflow.asked["telco"]) == 2

    run(main())


def test_what_is_asked_for_while_a_question_is_under_way_is_asked_after_it() -> None:
    async def main() -> None:
        mlflow = FakeMlflow(hanging=frozenset({"telco"}))
        watched = Watched(mlflow)
        watched.target(RECORD)
        await asyncio.sleep(10)
        mlflow.hanging = frozenset()
        await watched.watch.set_alias("telco", "champion", "2")
        await asyncio.sleep(21)
        assert len(mlflow.asked["telco"]) == 2

    run(main())


def test_a_challenger_is_watched_beside_the_champion_and_left_when_nobody_tries_it() -> None:
    challenger = ModelSource(name="telco", alias="challenger")

    async def main() -> None:
        watched = Watched(FakeMlflow())

        def find(source: ModelSource | None) -> Target | TargetProblem | None:
            return watched.watch.find_challenger(KEY, source, ())

        for _ in range(3):
            watched.target(RECORD)
            found = find(challenger)
            await asyncio.sleep(1)
        assert found == Target("1", DIGESTS["1"], False, ("xgboost",))
        watched.enqueued.clear()
        watched.mlflow.versions["telco"] = "2"
        await asyncio.sleep(POLL * 1.2)
        assert {key for _, key in watched.enqueued} == {KEY}
        assert find(None) is None
        asked = len(watched.mlflow.asked["telco"])
        await asyncio.sleep(POLL * 1.2)
        assert len(watched.mlflow.asked["telco"]) in (asked + 1, asked + 2), "the champion alone is asked for"
        watched.watch.forget(KEY)
        asked = len(watched.mlflow.asked["telco"])
        await asyncio.sleep(100)
        assert len(watched.mlflow.asked["telco"]) == asked

    run(main())
