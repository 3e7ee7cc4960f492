"""What is tried comes out of the chain as it went in, and nothing that lies there breaks the reading."""

from dataclasses import fields, replace
from typing import Any

import pytest
from churn_operator.audit.entry import Deed, Entry, Kind, read_entry
from churn_operator.audit.memory import Memory, remember
from churn_operator.audit.rollout import Fault, Phase, Rollout, Step, Wisher

NOW, LATER = "2026-11-23T12:00:00Z", "2026-11-23T12:05:00Z"
FULL = Rollout(
    phase=Phase.CANARY,
    revision="b",
    previous="a",
    version="2",
    digest="sha256:2",
    previous_version="1",
    previous_digest="sha256:1",
    generation=3,
    since=NOW,
    begun=NOW,
    by=Wisher.CHALLENGER,
    step=1,
    weight=25,
    steps=(Step(5, 120.0), Step(25, 300.0)),
    pairs_before=7,
    candidate_table="sha256:t2",
    stable_table="sha256:t1",
    stood_still=12.5,
    is_judged=True,
    fault=Fault.BUNDLE,
    why="because",
    reason="ScoresShifted",
)


def test_the_example_has_every_field_set() -> None:
    assert FULL.to_data().keys() == {one.name for one in fields(Rollout)}


@pytest.mark.parametrize("phase", Phase)
def test_what_is_tried_is_read_as_it_was_written(phase: Phase) -> None:
    rollout = replace(FULL, phase=phase, fault=None)
    assert Rollout.from_data(rollout.to_data()) == rollout
    assert Rollout.from_data(FULL.to_data()) == FULL


@pytest.mark.parametrize(
    "change",
    [
        {"phase": "Levitating"},
        {"by": "Nobody"},
        {"steps": [{"weight": 5}]},
        {"steps": "5"},
        {"step": 2},
        {"generation": "many"},
        {"fault": "Other"},
    ],
    ids=str,
)
def test_what_is_not_understood_changes_nothing(change: dict[str, Any]) -> None:
    assert Rollout.from_data(FULL.to_data() | change) is None
    known = _remember(Memory(), FULL.to_data())
    assert _remember(known, FULL.to_data() | change).rollout == FULL


def test_a_field_of_a_newer_operator_is_ignored() -> None:
    assert Rollout.from_data(FULL.to_data() | {"moon": "full"}) == FULL


def test_the_last_one_is_remembered_the_ended_one_too() -> None:
    ended = FULL.ended(LATER, "it was withdrawn")
    memory = _remember(_remember(Memory(), FULL.to_data()), ended.to_data())
    assert memory.rollout == ended
    assert (ended.lasts, ended.weight, ended.generation, ended.why) == (False, 0, 4, "it was withdrawn")
    assert _remember(memory, None).rollout == ended


def _remember(memory: Memory, rollout: dict[str, Any] | None) -> Memory:
    entry = Entry(Kind.DECISION, Deed.SHIFTED, "Shifted b 3", "2", "a step begins", "b", rollout=rollout)
    return remember(memory, read_entry(entry.to_data()), 1, NOW)
