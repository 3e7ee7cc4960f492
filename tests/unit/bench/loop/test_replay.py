"""Policies over a world that turns around, and over one that does not."""

from functools import cache

import numpy as np
from bench.loop.gate import beside, passes
from bench.loop.policies import PACE, Policy, Seen, behind_gate, every_one, never, on, scheduled
from bench.loop.replay import Played, harmful, in_hindsight, mean_auc, replay
from bench.loop.stream import Stream
from bench.loop.workshop import Workshop
from support.moving_world import TRAINED, moving_world

NEVER = Policy("never", never, every_one)
SCHEDULE = Policy("schedule", scheduled, every_one)
GATED = Policy("schedule, gated", scheduled, behind_gate)


@cache
def _turning() -> Workshop:
    return Workshop(moving_world())


@cache
def _quiet() -> Workshop:
    return Workshop(moving_world(turns_at=None))


def _auc(stream: Stream, played: Played) -> float:
    return mean_auc(stream, list(zip(stream.windows(), played.served, strict=True)))


def test_a_challenger_is_fitted_on_what_was_known_and_judged_by_the_newest_of_it() -> None:
    workshop = _quiet()
    window = list(workshop.stream.windows())[3]
    model = workshop.challenger(window)
    assert workshop.challenger(window) is model
    assert window.end == TRAINED + 4_000
    # Labels are 1,000 rows late, at the end and at the cut.
    assert model.judged.max() == window.end - 1_000 - 1
    assert model.fitted.max() < model.judged.min() - 999
    assert model.fitted.min() >= window.end - 1_000 - 4_000


def test_policies_retrain_at_their_pace() -> None:
    workshop = _quiet()
    assert replay(workshop, NEVER).trained == 0
    assert {one.number for one in replay(workshop, NEVER).served} == {0}
    scheduled_one = replay(workshop, SCHEDULE)
    assert [one.window for one in scheduled_one.promotions] == [4, 8]
    assert scheduled_one.trained == 2


def test_an_alarm_is_asked_for_only_when_a_training_may_begin() -> None:
    asked: list[int] = []

    def alarm(seen: Seen) -> bool:
        asked.append(seen.window.number)
        return seen.window.number == PACE + 1

    played = replay(_quiet(), Policy("alarm", on(alarm), every_one))
    assert [one.window for one in played.promotions] == [PACE + 2]
    assert asked == [PACE - 1, PACE, PACE + 1, 2 * PACE + 1, 2 * PACE + 2]


def test_the_world_turns_and_what_was_trained_on_it_is_better() -> None:
    workshop = _turning()
    stream = workshop.stream
    nothing, best, gated = replay(workshop, NEVER), in_hindsight(workshop), replay(workshop, GATED)
    assert _auc(stream, nothing) + 0.05 < _auc(stream, gated) <= _auc(stream, best)
    assert harmful(stream, gated) == 0


def test_behind_the_gate_nothing_is_promoted_by_luck() -> None:
    assert len(replay(_quiet(), GATED).promotions) == 0


def test_a_promotion_of_an_older_world_is_harmful() -> None:
    workshop = _turning()
    windows = list(workshop.stream.windows())
    backwards = Policy("backwards", lambda seen: seen.window.number == 9, lambda _, __: True)
    played = replay(workshop, backwards)
    assert harmful(workshop.stream, played) == 0
    (promotion,) = played.promotions
    turned = type(promotion)(promotion.window, before=promotion.model, model=promotion.before)
    worse = Played("backwards", played.served, 1, (turned,))
    assert harmful(workshop.stream, worse) == 1
    assert windows[promotion.window].first == TRAINED + 10_000


def test_the_gate_compares_on_rows_that_the_champion_was_not_fitted_on() -> None:
    workshop = _turning()
    late = workshop.challenger(list(workshop.stream.windows())[9])
    comparison = beside(workshop.stream, workshop.first(), late)
    assert comparison.rows == len(late.judged)
    assert passes(comparison)
    later = workshop.challenger(list(workshop.stream.windows())[10])
    assert beside(workshop.stream, late, later).rows == len(later.judged)
    assert len(np.intersect1d(late.fitted, later.judged)) == 0
