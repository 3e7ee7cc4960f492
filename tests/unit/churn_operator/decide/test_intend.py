"""What is put on record: each decision once, before it is acted on, whoever leads then, and what became of it."""

from dataclasses import replace
from typing import Any

import pytest
from churn_operator.api.status import ChurnModelStatus, Condition, Reason
from churn_operator.audit.entry import Entry
from churn_operator.decide.facts import find_facts
from churn_operator.decide.observed import Observed
from churn_operator.decide.outcomes import outcomes
from churn_operator.observe.pod_failure import PodFailure
from churn_operator.observe.training import TrainingJob
from churn_operator.observe.write_result import Denial, WriteResult
from support.observations import (
    BEFORE,
    TAKEN,
    acted,
    after,
    deployed,
    distributed,
    intended,
    members,
    model,
    observed,
    plan_of,
    problem,
    remembered,
    served,
    target,
)

STABLE_1 = ChurnModelStatus(stable=served("1"), observed_generation=3)
BAD = PodFailure(Reason.BUNDLE_REJECTED, "GoldenMismatch: golden row 3")
CRASHES = PodFailure(Reason.CRASHING, "server of telco-1 ended 3 times, last with Killed", 3)
NO_VERSION = problem(Reason.VERSION_NOT_FOUND)
DOWN = problem(Reason.REGISTRY_UNREACHABLE)
TRAINING = {"training": {"dataset": "postgresql://db/churn/telco", "ensemble": "telco"}}
RETRY = {"rollout": {"retry": "please"}}
DISTRIBUTED = {"serving": {"placement": "Distributed"}}
MEMBERS_2 = {distributed("2").identifier: members(0)}
DISTRIBUTED_1 = ChurnModelStatus(
    stable=served("1").model_copy(update={"revision": distributed("1").identifier}), observed_generation=3
)

PROMOTED_2 = ["Promoted 2", "PreviousSet 1", "Promoted 2 Applied", "PreviousSet 1 Applied"]

Steps = list[dict[str, Any]]

# Each step is what has changed since the one before; each word what is then on record: of an outcome its result, too.
STORIES: dict[str, tuple[Steps, list[list[str]]]] = {
    "the first version of a model": (
        [{"records": {}}, {"deployed": deployed("1", False)}, {"deployed": deployed("1")}],
        [["RolloutBegun 1", "RolloutBegun 1 Applied"], [], ["Promoted 1", "Promoted 1 Applied"]],
    ),
    "training, and its first version": (
        [
            {"records": {}, "target": NO_VERSION, "spec": TRAINING},
            {"training": TrainingJob(False, False, "")},
            {"training": TrainingJob(True, False, ""), "target": target("1", first=True)},
            {"deployed": deployed("1")},
            {"target": target("1")},
        ],
        [
            ["TrainingStarted", "TrainingStarted Applied"],
            [],
            ["RolloutBegun 1", "RolloutBegun 1 Applied"],
            ["Promoted 1", "ChampionSet 1", "Promoted 1 Applied"],
            ["ChampionSet 1 Applied"],
        ],
    ),
    "training that fails, twice": (
        [
            {"records": {}, "target": NO_VERSION, "spec": TRAINING},
            {"training": TrainingJob(True, True, "exit 3")},
            {"training": None},
            {"training": TrainingJob(True, True, "exit 3")},
        ],
        [
            ["TrainingStarted", "TrainingStarted Applied"],
            ["TrainingFailed"],
            ["TrainingStarted", "TrainingStarted Applied"],
            ["TrainingFailed"],
        ],
    ),
    "the champion is moved, and serves": (
        [
            {"deployed": deployed("1"), "status": STABLE_1},
            {"target": target("2")},
            {"deployed": deployed("2", False)},
            {"deployed": deployed("2")},
        ],
        [
            [],
            ["ChampionMoved 2", "RolloutBegun 2", "RolloutBegun 2 Applied"],
            [],
            PROMOTED_2,
        ],
    ),
    "a bad version, and a retry of it": (
        [
            {"deployed": deployed("1"), "status": STABLE_1},
            {"target": target("2")},
            {"deployed": deployed("2", False, CRASHES)},
            {"deployed": deployed("1")},
            {"spec": RETRY},
            {"deployed": deployed("2")},
        ],
        [
            [],
            ["ChampionMoved 2", "RolloutBegun 2", "RolloutBegun 2 Applied"],
            ["Rejected 2", "RolledBack 1", "Rejected 2 Applied", "RolledBack 1 Applied"],
            [],
            ["RetryAsked 2", "RolloutBegun 2", "RolloutBegun 2 Applied"],
            PROMOTED_2,
        ],
    ),
    "a first version that fails in one way and then in another": (
        [
            {"deployed": deployed("1", False)},
            {"deployed": deployed("1", False, CRASHES)},
            {"deployed": deployed("1", False, BAD)},
            {"deployed": deployed("1", False, CRASHES)},
        ],
        [[], ["Rejected 1", "Rejected 1 Applied"], [], []],
    ),
    "a wish that is taken back, and comes again": (
        [
            {"deployed": deployed("1"), "status": STABLE_1},
            {"target": target("2")},
            {"deployed": deployed("2", False), "target": target("1")},
            {"deployed": deployed("1"), "target": target("2")},
        ],
        [
            [],
            ["ChampionMoved 2", "RolloutBegun 2", "RolloutBegun 2 Applied"],
            ["ChampionMoved 1", "RolledBack 1", "RolledBack 1 Applied"],
            ["ChampionMoved 2", "RolloutBegun 2", "RolloutBegun 2 Applied"],
        ],
    ),
    "a version by its number is no moved champion": (
        [
            {"deployed": deployed("1"), "status": STABLE_1},
            {"spec": {"model": {"name": "telco", "version": "2"}}, "target": target("2")},
            {"deployed": deployed("2")},
            {"spec": {}, "target": target("1")},
        ],
        [
            [],
            ["RolloutBegun 2", "RolloutBegun 2 Applied"],
            ["Promoted 2", "Promoted 2 Applied"],
            ["RolloutBegun 1", "RolloutBegun 1 Applied"],
        ],
    ),
    "paused, and the champion moves meanwhile": (
        [
            {"deployed": deployed("1"), "status": STABLE_1},
            {"spec": {"paused": True}},
            {"target": target("2")},
            {"target": target("2"), "spec": {}},
        ],
        [[], ["Paused 1"], ["ChampionMoved 2"], ["Resumed 1", "RolloutBegun 2", "RolloutBegun 2 Applied"]],
    ),
    "a template that somebody put back is no decision": (
        [
            {"deployed": deployed("1"), "status": STABLE_1},
            {"target": target("2")},
            {"deployed": deployed("1")},
            {"deployed": deployed("2")},
        ],
        [
            [],
            ["ChampionMoved 2", "RolloutBegun 2", "RolloutBegun 2 Applied"],
            [],
            PROMOTED_2,
        ],
    ),
    "a new image": (
        [{"deployed": deployed("1"), "status": STABLE_1}, {"serving_image": "serving:2"}],
        [[], ["RolloutBegun 1", "RolloutBegun 1 Applied"]],
    ),
    "MLflow goes away and comes back": (
        [
            {"deployed": deployed("1"), "status": STABLE_1},
            {"target": DOWN},
            {"target": target("1")},
        ],
        [[], [], []],
    ),
    "members of a distributed version start, and are given up": (
        [
            {
                "deployed": replace(deployed("1"), revision=distributed("1").identifier),
                "records": {one.identifier: one for one in map(distributed, "12")},
                "members": {distributed("1").identifier: members(1)},
                "status": DISTRIBUTED_1,
                "spec": DISTRIBUTED,
            },
            {"target": target("2")},
            {"members": {distributed("1").identifier: members(1), **MEMBERS_2}},
            {"target": target("1")},
        ],
        [
            [],
            ["ChampionMoved 2", "RolloutBegun 2", "RolloutBegun 2 Applied"],
            [],
            ["ChampionMoved 1", "RolledBack 1", "RolledBack 1 Applied"],
        ],
    ),
}
CASES = [pytest.param(*story, id=name) for name, story in STORIES.items()]


def _seen(before: Observed | None, step: dict[str, Any]) -> Observed:
    """The next observation of a story."""
    changes = {name: value for name, value in step.items() if name not in ("spec", "status")}
    if before is None:
        return observed(model=model(step.get("spec"), step.get("status")), **changes)
    seen = after(before, **changes)
    if "spec" in step:
        seen = replace(seen, model=replace(seen.model, spec=model(step["spec"]).spec))
    return seen


def _outcomes(seen: Observed) -> tuple[Entry, ...]:
    return outcomes(seen, find_facts(seen), plan_of(seen), TAKEN)


def _words(entries: tuple[Entry, ...]) -> list[str]:
    return [" ".join(filter(None, (one.action, one.version, one.result))) for one in entries]


@pytest.mark.parametrize(("steps", "expected"), CASES)
def test_what_is_on_record(steps: Steps, expected: list[list[str]]) -> None:
    seen, found = None, []
    for step in steps:
        seen = _seen(seen, step)
        recorded = replace(seen, memory=remembered(seen.memory, intended(seen)))
        found.append(_words(intended(seen)) + _words(_outcomes(recorded)))
        # Only what MLflow shall show is waited for.
        assert {one.action for one in acted(seen).memory.begun.values()} <= {"ChampionSet"}
        # What was seen once more is nothing new, be it before the action shows or after it.
        assert not intended(acted(seen))
        assert not intended(after(seen))
    assert found == expected


@pytest.mark.parametrize(("steps", "expected"), CASES)
def test_whoever_leads_next_finishes_what_was_begun_and_records_it_once(
    steps: Steps, expected: list[list[str]]
) -> None:
    seen = None
    for step, words in zip(steps, expected, strict=True):
        seen = _seen(seen, step)
        # Ended between the record and the action: the same is decided, and nothing recorded anew.
        begun = replace(seen, memory=remembered(seen.memory, intended(seen)))
        assert not intended(begun)
        assert plan_of(begun) == plan_of(seen)
        # Ended between the action and its outcome: only that is left to be recorded.
        shown = after(seen, memory=begun.memory)
        assert not intended(shown)
        assert _words(_outcomes(shown)) == [word for word in words if word.endswith("Applied")]


def test_a_failure_is_told_once_and_its_end_too() -> None:
    seen = observed(records={})
    denied = WriteResult(denied=Denial(Reason.CHANGE_DENIED, "exceeded quota"))
    begun = replace(seen, memory=remembered(seen.memory, intended(seen)))
    (failed,) = outcomes(begun, find_facts(begun), plan_of(begun), denied)
    assert (failed.result, failed.message, failed.of) == ("Failed", "exceeded quota", 1)
    again = acted(seen, denied)
    assert not intended(again)
    assert not outcomes(again, find_facts(again), plan_of(again), denied)
    assert _words(_outcomes(again)) == ["RolloutBegun 1 Applied"]


def test_an_alias_that_mlflow_does_not_take_stays_begun() -> None:
    seen = observed(target=target("1", first=True), deployed=deployed("1"))
    refused = acted(seen, WriteResult(alias_problem="403 Permission denied"))
    assert [one.action for one in refused.memory.begun.values()] == ["ChampionSet"]
    assert not intended(refused)
    moved = replace(refused, target=target("2"))
    assert "ChampionSet 1 Superseded" in _words(intended(moved))


def test_what_was_begun_and_is_wanted_no_longer_is_closed() -> None:
    seen = observed(deployed=deployed("1"), model=model(status=STABLE_1), target=target("2"))
    begun = replace(seen, memory=remembered(seen.memory, intended(seen)))
    assert not intended(replace(begun, target=DOWN))
    back = replace(begun, target=target("1"))
    assert _words(intended(back)) == ["RolloutBegun 2 Superseded", "ChampionMoved 1"]
    again = replace(acted(back), target=target("2"))
    assert _words(intended(again)) == ["ChampionMoved 2", "RolloutBegun 2"]


@pytest.mark.parametrize(
    ("spec", "paused", "expected"),
    [
        ({}, "False", []),
        ({"paused": True}, "True", []),
        ({"paused": True}, "False", ["Paused 1"]),
        ({}, "True", ["Resumed 1"]),
    ],
)
def test_an_older_operator_left_no_chain_and_nothing_is_recorded_of_what_it_told(
    spec: dict[str, Any], paused: str, expected: list[str]
) -> None:
    told = Condition(
        type="Paused", status=paused, reason="Any", message="", last_transition_time=BEFORE, observed_generation=3
    )
    status = STABLE_1.model_copy(update={"conditions": [told]})
    settled = {name: replace(one, name="written") for name, one in observed(model=model(status=status)).records.items()}
    seen = observed(deployed=deployed("1"), model=model(spec, status), records=settled, target=target("1"))
    assert _words(intended(seen)) == expected


def test_a_moved_alias_is_not_told_alone_where_there_was_no_chain() -> None:
    """Nobody knows whether an older operator had seen it."""
    told = Condition(
        type="Paused", status="True", reason="Any", message="", last_transition_time=BEFORE, observed_generation=3
    )
    status = STABLE_1.model_copy(update={"conditions": [told]})
    assert not intended(observed(deployed=deployed("1"), model=model({"paused": True}, status), target=target("2")))


def test_evidence_is_bounded() -> None:
    long = PodFailure(Reason.CRASHING, "x" * 100_000, 3)
    seen = observed(target=target("2"), deployed=deployed("2", False, long), model=model(status=STABLE_1))
    assert all(len(str(entry.to_data())) < 4096 for entry in intended(seen))
    assert intended(seen)[-1].evidence["wanted"]["version"] == "2"
