"""What the chain tells of the loop: the same for whoever reads it back, in whatever order things happened."""

import json
from typing import NamedTuple

import pytest
from churn_operator.audit.chain import Stamp, genesis, seal
from churn_operator.audit.entry import Deed, Entry, Kind, read_entry
from churn_operator.audit.loop import Ended, LoopMemory, Occasion
from churn_operator.audit.memory import Memory, remember

RETRAIN = Occasion("retrain-1", "Input", "sha256:1", "2026-11-01T00:00:00Z", "2026-11-01T01:00:00Z")
FREEZE = Occasion("freeze-1", "Feed", "sha256:1", "2026-11-01T00:00:00Z")
HOLD = Occasion("hold-1", "Challengers", "sha256:1", "2026-11-01T00:00:00Z")


def _decided(deed: Deed, occasion: Occasion) -> Entry:
    evidence = {"loop": occasion.to_data()}
    return Entry(Kind.DECISION, deed, f"{deed} {occasion.name}", "1", "why", evidence=evidence)


def _found(deed: Deed, name: str) -> Entry:
    return Entry(Kind.EXTERNAL, deed, f"{deed} {name}", "", "found")


BEGUN, SUGGESTED = _decided(Deed.RETRAINING_STARTED, RETRAIN), _decided(Deed.SUGGESTED, RETRAIN)
FROZEN, THAWED = _decided(Deed.FROZEN, FREEZE), Entry(Kind.DECISION, Deed.THAWED, "Thawed x", "1", "good again")


class Case(NamedTuple):
    """Records, and what is remembered: results of retrainings, whether it is frozen, what waits."""

    entries: list[Entry]
    results: list[Ended | None]
    is_frozen: bool = False
    waits: tuple[str, ...] = ()


CASES = {
    "nothing": Case([], []),
    "a retraining is under way": Case([BEGUN], [None]),
    "it has made a version": Case([BEGUN, _found(Deed.RETRAINED, "retrain-1")], [Ended.MADE]),
    "another one has ended": Case([BEGUN, _found(Deed.RETRAINED, "retrain-2")], [None]),
    "it has ended twice": Case(
        [BEGUN, _found(Deed.DATA_REJECTED, "retrain-1"), _found(Deed.RETRAINED, "retrain-1")], [Ended.DATA_REJECTED]
    ),
    "it waits for a yes": Case([SUGGESTED], [], waits=("retrain-1",)),
    "what waited was done": Case([SUGGESTED, BEGUN], [None]),
    "frozen": Case([FROZEN], [], True),
    "thawed": Case([FROZEN, THAWED], []),
    "thawed without a freeze": Case([THAWED], []),
    "a hold waits": Case([_decided(Deed.SUGGESTED, HOLD)], [], waits=("hold-1",)),
    "a hold has its yes": Case([_decided(Deed.SUGGESTED, HOLD), _found(Deed.LOOP_APPROVED, "hold-1")], []),
    "beside a decision of the loop a person paused": Case(
        [BEGUN, Entry(Kind.EXTERNAL, Deed.PAUSED, "Paused", "", "")], [None]
    ),
}


def _read_back(entries: list[Entry]) -> Memory:
    """As an operator that has just begun to lead does."""
    memory, link = Memory(), genesis("uid-1")
    for number, entry in enumerate(entries, 1):
        text, link = seal(entry, Stamp("uid-1", 1, "operator-2", f"2026-11-0{number}T12:00:00Z"), link)
        data = json.loads(text)
        memory = remember(memory, read_entry(data), link.sequence, data["time"])
    return memory


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_read_back_is_what_was_decided(case: Case) -> None:
    loop = _read_back(case.entries).loop
    assert [one.result for one in loop.retrainings] == case.results
    assert bool(loop.frozen_since) == case.is_frozen
    assert tuple(one.name for one in loop.suggested) == case.waits


def test_the_clock_stands_still_from_the_first_to_the_last_of_a_pause_and_a_freeze() -> None:
    paused, resumed = (Entry(Kind.EXTERNAL, one, str(one), "", "") for one in (Deed.PAUSED, Deed.RESUMED))
    since = [_read_back([FROZEN, paused, resumed, THAWED][:number]).still_since for number in range(1, 5)]
    assert since == ["2026-11-01T12:00:00Z"] * 3 + [""]


@pytest.mark.parametrize("told", [None, "retrain-1", 5, [], {}, {"name": ""}, {"signal": "Input"}])
def test_what_is_no_occasion_changes_nothing(told: object) -> None:
    entry = Entry(
        Kind.DECISION, Deed.RETRAINING_STARTED, "RetrainingStarted retrain-1", "1", "", evidence={"loop": told}
    )
    assert _read_back([entry]).loop == LoopMemory()
