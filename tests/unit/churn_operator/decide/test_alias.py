"""Aliases follow what serves: decided once, tried for until MLflow has them, left to whoever moves them meanwhile."""

from dataclasses import replace
from typing import Any

import pytest
from churn_operator.api.status import ChurnModelStatus, ConditionType, Reason, State
from churn_operator.audit.entry import Entry
from churn_operator.audit.memory import Memory, Wish
from churn_operator.audit.rollout import Phase, Rollout, Wisher
from churn_operator.decide.actions import RollBack
from churn_operator.decide.alias import AliasWrite, alias_moves, alias_writes
from churn_operator.decide.facts import find_facts
from churn_operator.decide.observed import Observed
from churn_operator.decide.outcomes import outcomes
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.write_result import WriteResult
from support.observations import (
    BEFORE,
    DIGESTS,
    NOW,
    TAKEN,
    acted,
    after,
    deployed,
    intended,
    model,
    observed,
    plan_of,
    problem,
    remembered,
    revision,
    served,
    status_of,
    target,
    verdict_of,
)

STABLE_1 = ChurnModelStatus(stable=served("1"), observed_generation=3)
FIRST = observed(target=target("1", first=True), deployed=deployed("1"), model=model(status=STABLE_1))
AWAY = problem(Reason.REGISTRY_UNREACHABLE)
OTHER = ("other", "oldest")


def _rollout(phase: Phase, by: Wisher = Wisher.CHALLENGER) -> Rollout:
    """Of version 2, after version 1."""
    return Rollout(
        phase=phase,
        revision=revision("2").identifier,
        previous=revision("1").identifier,
        version="2",
        digest=DIGESTS["2"],
        previous_digest=DIGESTS["1"],
        previous_version="1",
        generation=3,
        since=BEFORE,
        begun=BEFORE,
        by=by,
    )


def _serving_2(phase: Phase, by: Wisher = Wisher.CHALLENGER, **changes: Any) -> Observed:
    """Every pod serves version 2, and its rollout stands there; the last decision was made while champion was 1."""
    champion = "1" if by is Wisher.CHALLENGER else "2"
    memory = Memory(rollout=_rollout(phase, by), wish=Wish("telco", "champion", champion))
    seen = observed(deployed=deployed("2"), model=model(status=STABLE_1), target=target(champion), memory=memory)
    return replace(seen, **changes)


def _moves(seen: Observed, verdict: Verdict | None = None) -> list[str]:
    found = alias_moves(seen, find_facts(seen), verdict or verdict_of(seen))
    return [f"{one.deed} {one.record.bundle.version}" for one in found]


def _words(entries: tuple[Entry, ...]) -> list[str]:
    words = [" ".join(filter(None, (one.action, one.version, one.result))) for one in entries]
    return [word for word in words if word.startswith(("Champion", "Previous"))]


@pytest.mark.parametrize(
    ("seen", "moves"),
    [
        pytest.param(FIRST, ["ChampionSet 1"], id="the first version serves"),
        pytest.param(replace(FIRST, deployed=deployed("1", False)), [], id="the first version is starting"),
        pytest.param(replace(FIRST, alias_writer=OTHER), [], id="another ChurnModel writes"),
        pytest.param(replace(FIRST, alias_writer=None), [], id="nobody knows yet who writes"),
        pytest.param(replace(FIRST, target=target("1")), [], id="it is champion already"),
        pytest.param(_serving_2(Phase.PROMOTING), ["ChampionSet 2", "PreviousSet 1"], id="a challenger serves"),
        pytest.param(_serving_2(Phase.PROMOTING, Wisher.PERSON), ["PreviousSet 1"], id="a person's champion serves"),
        pytest.param(_serving_2(Phase.PROMOTING, alias_writer=OTHER), [], id="a challenger of another's aliases"),
        pytest.param(
            _serving_2(Phase.PROMOTING, target=target("3")), ["PreviousSet 1"], id="a person wants another meanwhile"
        ),
        pytest.param(_serving_2(Phase.PROMOTING, target=AWAY), ["ChampionSet 2", "PreviousSet 1"], id="MLflow is away"),
    ],
)
def test_what_is_to_be_moved(seen: Observed, moves: list[str]) -> None:
    assert _moves(seen) == moves


@pytest.mark.parametrize(
    ("champion", "wish", "moves"),
    [
        pytest.param(target("2"), "2", ["ChampionSet 1"], id="champion is the bad one"),
        pytest.param(target("1"), "1", [], id="a challenger that champion never named"),
        pytest.param(target("3"), "2", [], id="a person has moved it meanwhile"),
        pytest.param(AWAY, "2", ["ChampionSet 1"], id="MLflow is away, champion was the bad one"),
        pytest.param(AWAY, "1", [], id="MLflow is away, champion was the one before"),
    ],
)
def test_a_rollback_moves_champion_back(champion: Any, wish: str, moves: list[str]) -> None:
    seen = _serving_2(Phase.ROLLING_BACK, target=champion)
    seen = replace(seen, memory=replace(seen.memory, wish=Wish("telco", "champion", wish)))
    goes_on = Verdict(State.ROLLING_BACK, Reason.ROLLING_OUT, "", RollBack(revision("1")))
    assert _moves(seen, goes_on) == moves


def _decided(seen: Observed) -> Observed:
    """The decisions are on record, and nothing has been done yet."""
    return replace(seen, memory=remembered(seen.memory, intended(seen)))


def test_a_promotion_is_tried_for_until_mlflow_shows_it_and_is_nobody_elses_move() -> None:
    seen = _decided(_serving_2(Phase.PROMOTING))
    assert alias_writes(seen) == (AliasWrite("champion", "2", "1"), AliasWrite("previous", "1", None))
    refused = WriteResult(alias_problem="403 Permission denied")
    assert _words(outcomes(seen, find_facts(seen), plan_of(seen), refused)) == [
        "ChampionSet 2 Failed",
        "PreviousSet 1 Failed",
    ]
    assert alias_writes(replace(seen, target=AWAY)) == ()
    taken = replace(seen, memory=remembered(seen.memory, outcomes(seen, find_facts(seen), plan_of(seen), TAKEN)))
    assert [one.action for one in taken.memory.begun.values()] == ["ChampionSet"]
    shown = after(taken, memory=taken.memory, target=target("2"))
    assert _words(intended(shown)) == []
    assert _words(outcomes(shown, find_facts(shown), plan_of(shown), TAKEN)) == ["ChampionSet 2 Applied"]
    settled = after(shown)
    assert not settled.memory.begun
    assert _words(intended(settled)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"target": target("1")}, [], id="MLflow has yet to take it"),
        pytest.param({"target": AWAY}, [], id="MLflow is away"),
        pytest.param({"alias_writer": None}, [], id="a new leader has yet to list"),
        pytest.param(
            {"target": target("3")}, ["ChampionSet 2 Superseded", "ChampionMoved 3"], id="a person moves champion"
        ),
        pytest.param(
            {"alias_writer": OTHER}, ["ChampionSet 2 Superseded", "PreviousSet 1 Superseded"], id="an older one writes"
        ),
    ],
)
def test_what_ends_the_trying(changes: dict[str, Any], words: list[str]) -> None:
    seen = replace(_decided(_serving_2(Phase.PROMOTING)), **changes)
    assert [word for word in _words(intended(seen)) if "Moved" in word or "Superseded" in word] == words


def test_of_two_moves_of_one_alias_the_newer_is_made() -> None:
    promoted = _decided(_serving_2(Phase.PROMOTING))
    back = replace(promoted.memory, rollout=_rollout(Phase.ROLLING_BACK), wish=Wish("telco", "champion", "2"))
    seen = _decided(after(promoted, memory=back, target=target("2")))
    assert AliasWrite("champion", "1", "2") in alias_writes(seen)
    assert "ChampionSet 2 Superseded" in _words(intended(seen))


def test_what_mlflow_does_not_take_is_told_and_hides_nothing() -> None:
    status = status_of(FIRST, WriteResult(alias_problem="403 Permission denied"))
    told = {one.type: (one.status, one.message) for one in status.conditions}
    assert told[ConditionType.ALIAS_SYNCED] == ("False", "403 Permission denied")
    assert told[ConditionType.READY][0] == "True"
    assert status.stable is not None and status.stable.version == "1"


@pytest.mark.parametrize(
    ("spec", "writer", "reason"),
    [
        ({}, OTHER, Reason.ALIAS_CONFLICT),
        ({}, ("churn", "telco"), Reason.ALIAS_SYNCED),
        ({}, None, Reason.ALIAS_SYNCED),
        ({"model": {"name": "telco", "version": "1"}}, OTHER, Reason.ALIAS_SYNCED),
    ],
)
def test_the_younger_of_two_says_so_and_is_ready(
    spec: dict[str, Any], writer: tuple[str, str] | None, reason: Reason
) -> None:
    seen = observed(deployed=deployed("1"), model=model(spec, STABLE_1), alias_writer=writer)
    told = {one.type: one for one in status_of(acted(seen)).conditions}
    assert told[ConditionType.ALIAS_SYNCED].reason == reason
    assert told[ConditionType.READY].status == "True"
    assert (f"{'/'.join(OTHER)} is older" in told[ConditionType.ALIAS_SYNCED].message) is (
        reason is Reason.ALIAS_CONFLICT
    )
    assert told[ConditionType.ALIAS_SYNCED].last_transition_time == NOW
