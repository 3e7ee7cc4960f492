"""Whose turn it is to move to another serving image."""

from churn_operator.image_pace import ImagePace, ImagePhase

ONE, TWO, THREE = ("a", "one"), ("a", "two"), ("b", "three")


def _pace() -> tuple[ImagePace, list[tuple[str, str]]]:
    pace = ImagePace()
    woken: list[tuple[str, str]] = []
    pace.wake = woken.append
    pace.follow(["a", "b"])
    pace.listed("a", [])
    pace.listed("b", [])
    return pace, woken


def test_one_moves_at_a_time_and_the_next_is_woken_when_it_is_done() -> None:
    pace, woken = _pace()
    assert pace.may_move(ONE)
    pace.note(ONE, ImagePhase.MOVES)
    assert pace.may_move(ONE) and not pace.may_move(TWO)
    pace.note(TWO, ImagePhase.WAITS)
    pace.note(THREE, ImagePhase.WAITS)
    assert woken == []
    pace.note(ONE, ImagePhase.SETTLED)
    assert woken == [TWO]
    assert pace.may_move(TWO)


def test_as_many_move_at_a_time_as_have_turns() -> None:
    pace = ImagePace(at_a_time=2)
    pace.follow(["a"])
    pace.listed("a", [])
    pace.note(ONE, ImagePhase.MOVES)
    assert pace.may_move(TWO)
    pace.note(TWO, ImagePhase.MOVES)
    assert not pace.may_move(("a", "three"))


def test_after_a_restart_nobody_begins_before_all_were_seen() -> None:
    pace = ImagePace()
    assert not pace.may_move(ONE)
    pace.follow(["a", "b"])
    pace.listed("a", [ONE, TWO])
    pace.note(ONE, ImagePhase.WAITS)
    assert not pace.may_move(ONE)
    pace.listed("b", [THREE])
    pace.note(THREE, ImagePhase.MOVES)
    pace.note(TWO, ImagePhase.SETTLED)
    assert not pace.may_move(ONE) and pace.may_move(THREE)


def test_a_namespace_that_cannot_be_listed_holds_nobody_up() -> None:
    pace = ImagePace()
    pace.follow(["a", "gone"])
    pace.listed("a", [ONE])
    pace.listed("gone", [])
    assert pace.may_move(ONE)


def test_a_waiting_one_that_is_deleted_wakes_the_next() -> None:
    pace, woken = _pace()
    pace.note(ONE, ImagePhase.MOVES)
    pace.note(TWO, ImagePhase.WAITS)
    pace.note(THREE, ImagePhase.WAITS)
    pace.note(ONE, ImagePhase.SETTLED)
    pace.note(TWO, ImagePhase.SETTLED)
    assert woken == [TWO, THREE]


def test_a_namespace_that_goes_takes_its_turns_with_it() -> None:
    pace, woken = _pace()
    pace.note(THREE, ImagePhase.MOVES)
    pace.note(ONE, ImagePhase.WAITS)
    pace.follow(["a"])
    assert set(woken) == {ONE}
    # Of a reconcile that had begun before.
    pace.note(THREE, ImagePhase.MOVES)
    assert pace.may_move(ONE)


def test_a_namespace_that_goes_before_its_models_were_seen_holds_nobody_up() -> None:
    pace = ImagePace()
    pace.follow(["a", "b", "c"])
    pace.listed("a", [ONE])
    pace.listed("b", [THREE])
    assert not pace.may_move(ONE)
    pace.follow(["a"])
    assert pace.may_move(ONE)
