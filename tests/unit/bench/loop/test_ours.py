"""Our policy over a world that turns around, one that does not, and with faults in it: the operator's own decisions."""

from collections.abc import Sequence
from functools import cache

import pytest
from bench.loop.faults import Case, Deeds, Fault, inject, is_quiet
from bench.loop.ours import OurLoop, replay_ours
from bench.loop.replay import mean_auc
from bench.loop.workshop import Model, Workshop
from churn_operator.audit.entry import Deed
from support.moving_world import moving_world


@cache
def _quiet() -> Workshop:
    return Workshop(moving_world(rows=19_000, turns_at=None))


def test_a_moved_world_is_learned_and_nothing_is_rolled_back() -> None:
    workshop = Workshop(moving_world())
    played = replay_ours(workshop)
    assert 1 <= len(played.promotions) <= 3
    assert played.trained >= len(played.promotions)
    assert played.rollbacks == ()
    assert _auc(workshop, played.served) > _auc(workshop, [workshop.first()] * len(played.served)) + 0.05


def _auc(workshop: Workshop, served: Sequence[Model]) -> float:
    return mean_auc(workshop.stream, list(zip(workshop.stream.windows(), served, strict=True)))


def test_every_decision_is_on_record_in_order() -> None:
    workshop = Workshop(moving_world())
    loop = OurLoop(workshop)
    windows = list(workshop.stream.windows())
    while not loop.after(windows[0]):
        windows.pop(0)
    loop.train(windows[0])
    deeds = [entry.action for _, entry in loop.operator.chain]
    assert Deed.RETRAINING_STARTED in deeds
    assert loop.operator.memory.loop.retrainings


def test_in_a_quiet_world_nothing_is_done() -> None:
    assert is_quiet(_quiet())


@pytest.mark.parametrize(
    ("fault", "feature", "right"),
    [
        (Fault.DEAD, "first", Deeds.FREEZE),
        (Fault.DEAD, "plan", Deeds.FREEZE),
        (Fault.CONSTANT, "first", Deeds.FREEZE),
        (Fault.SWAPPED, "plan", Deeds.FREEZE),
        (Fault.NEW_CATEGORY, "plan", Deeds.FREEZE),
        (Fault.ONE_POD, "first", Deeds.TELL_ODD_POD),
        (Fault.SKEW, "", Deeds.REJECT),
        (Fault.CAMPAIGN, "", None),
    ],
)
def test_a_fault_has_its_action_and_no_other(fault: Fault, feature: str, right: Deeds | None) -> None:
    answered = inject(_quiet(), Case(fault, feature))
    assert answered.is_right, answered
    assert answered.retrained == 0
    assert right is None or right in [deed for _, deed in answered.deeds]
