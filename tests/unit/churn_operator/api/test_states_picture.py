"""README has a picture of the states, drawn from the enum: none is left out, and none is a dead end."""

import pytest
from churn_operator.api.status import State
from support.states_picture import FROM_ANYWHERE, WAYS, in_readme, not_drawn, picture


def test_readmes_picture_is_drawn_from_the_enum() -> None:
    assert in_readme() == picture(), "run `python tests/support/states_picture.py`"


@pytest.mark.parametrize("state", list(State))
def test_every_state_is_drawn_with_a_way_out(state: State) -> None:
    assert f"{state}:" in picture() or f" {state} --> " in picture()
    assert state in FROM_ANYWHERE or any(way.start == state for way in WAYS)


@pytest.mark.parametrize("state", sorted(set(State) - FROM_ANYWHERE - {State.WAITING}))
def test_every_state_is_reached(state: State) -> None:
    assert any(way.end == state for way in WAYS)


def test_a_way_is_drawn_once() -> None:
    assert len({(way.start, way.end) for way in WAYS}) == len(WAYS)


def test_a_change_that_is_not_drawn_is_named() -> None:
    seen = ["Stable", "Verifying", "Paused", "Canary", "Promoting", "Canary"]
    assert not_drawn(seen) == [("Promoting", "Canary")]


def test_mermaid_can_read_what_is_said_of_each_way() -> None:
    assert not [way.why for way in WAYS if set(way.why) & set(":;\n")]
