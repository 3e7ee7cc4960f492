"""The figures' own arithmetic: which bars hold, which line counts, what stands on top."""

import json
from dataclasses import asdict

import pytest
from support.figures import Figure, newest, reaches, table


@pytest.mark.parametrize(
    ("value", "bar", "holds"),
    [(0.96, ">= 0.958", True), (0.95, ">= 0.958", False), (60, "<= 60", True), (float("nan"), "<= 60", False)],
)
def test_bars(value: float, bar: str, holds: bool) -> None:
    assert reaches(value, bar) is holds


def test_the_newest_of_each_name_counts_and_shortfalls_stand_on_top() -> None:
    figures = [
        Figure("a", 1, "s", "<= 2", True),
        Figure("b", 1, "s", "<= 2", True),
        Figure("b", 3, "s", "<= 2", False),
    ]
    shown = newest([json.dumps(asdict(figure)) for figure in figures])
    assert [figure.name for figure in shown] == ["b", "a"]
    assert table(shown).splitlines()[1].startswith("SHORT  b")
