"""A newer challenger that is left alone: an Event says why and what to do, once, and the status as long as it is so."""

from dataclasses import replace
from typing import Any

import pytest
from churn_operator.api.status import ChurnModelStatus, ConditionType, Reason
from churn_operator.audit.entry import Deed
from churn_operator.audit.loop import LoopMemory
from churn_operator.audit.memory import Memory
from churn_operator.audit.rollout import Phase, Wisher
from churn_operator.decide.observed import Observed, Target
from churn_operator.observe.expected import Expected
from churn_operator.observe.record import Fate
from support.observations import (
    BEFORE,
    DIGESTS,
    after,
    deployed,
    intended,
    model,
    observed,
    revision,
    rollout,
    served,
    status_of,
    target,
)

ELSEWHERE = Expected(DIGESTS["1"], score_psi=0.0, rank_correlation=1.0, passed=True)
"""Training compared version 3 with version 1, and a person moved champion to version 2 meanwhile."""


def _challenger(version: str, comparison: Expected | None) -> Target:
    return replace(target(version), comparison=comparison)


def _seen(**changes: Any) -> Observed:
    """Version 2 answers, and nothing is tried."""
    told = model({}, ChurnModelStatus(stable=served("2"), previous=served("1")))
    challenger = _challenger("3", ELSEWHERE)
    seen = {"model": told, "deployed": deployed("2"), "target": target("2"), "challenger": challenger}
    return observed(**{**seen, **changes})


PASSED_OVER = {
    "champion was moved meanwhile": (_seen(), "with another champion (sha256:1111"),
    "never compared": (_seen(challenger=_challenger("3", None)), "no comparison.json"),
    "worse than what serves": (
        _seen(challenger=_challenger("3", replace(ELSEWHERE, champion_digest=DIGESTS["2"], passed=False))),
        "shows it worse than version 2",
    ),
}


@pytest.mark.parametrize(("seen", "why"), PASSED_OVER.values(), ids=PASSED_OVER)
def test_it_is_told_once_with_what_to_do_and_stays_in_the_status(seen: Observed, why: str) -> None:
    assert [entry.action for entry in intended(seen)] == [Deed.CHALLENGER_PASSED_OVER]
    later = after(seen)
    assert later.model.status.history[0].action == Deed.CHALLENGER_PASSED_OVER
    assert why in later.model.status.history[0].message
    assert "train again, or point the alias champion at version 3" in later.model.status.history[0].message
    assert not intended(later)
    told = {one.type: one for one in status_of(later).conditions}
    assert told[ConditionType.RECONCILING].reason == Reason.CHALLENGER_PASSED_OVER
    assert why in told[ConditionType.RECONCILING].message
    assert told[ConditionType.READY].status == "True"


REJECTED = {
    one.identifier: one for one in (revision("1"), revision("2"), replace(revision("3"), fate=Fate.QUARANTINED))
}
NOT_TOLD = {
    "older than champion": {"challenger": _challenger("1", None)},
    "champion itself": {"challenger": _challenger("2", ELSEWHERE)},
    "promoted, and MLflow has yet to name it champion": {
        "challenger": _challenger("2", ELSEWHERE),
        "target": target("1"),
        "memory": Memory(
            rollout=rollout(Phase.ENDED, by=Wisher.CHALLENGER),
        ),
    },
    "nobody looks for one": {"challenger": None},
    "it was tried and rejected": {"records": REJECTED},
    "labels found it worse": {"memory": Memory(loop=LoopMemory(worse=(DIGESTS["3"],)))},
    "a person's wish comes first": {"target": target("1")},
    "what serves is not settled": {"deployed": deployed("2", rolled_out=False)},
    "challengers are held": {"memory": Memory(loop=LoopMemory(challengers_rejected=2, rejected=BEFORE))},
}


@pytest.mark.parametrize("changes", NOT_TOLD.values(), ids=NOT_TOLD)
def test_what_other_words_tell_of_is_not_told_here(changes: dict[str, Any]) -> None:
    assert Deed.CHALLENGER_PASSED_OVER not in [entry.action for entry in intended(_seen(**changes))]


def test_one_that_is_compared_with_what_serves_is_tried() -> None:
    tried = _seen(challenger=_challenger("3", replace(ELSEWHERE, champion_digest=DIGESTS["2"])))
    assert Deed.CHALLENGER_PASSED_OVER not in [entry.action for entry in intended(tried)]


def test_it_is_told_anew_when_another_version_serves() -> None:
    told = after(_seen())
    promoted = model({}, ChurnModelStatus(stable=served("1"), previous=served("2")))
    elsewhere = _challenger("3", replace(ELSEWHERE, champion_digest=DIGESTS["2"]))
    records = {one: replace(record, fate=Fate.NEW) for one, record in told.records.items()}
    stable = revision("1").identifier
    records[stable] = replace(records[stable], fate=Fate.SERVED, since=BEFORE)
    now = replace(told, model=promoted, deployed=deployed("1"), target=target("1"), challenger=elsewhere)
    assert Deed.CHALLENGER_PASSED_OVER in [entry.action for entry in intended(replace(now, records=records))]
