"""When /healthz says that something is wrong."""

import pytest
from churn_operator.health import health_problem


@pytest.mark.parametrize(
    ("watchers", "silence", "words"),
    [(9, 1.0, None), (8, 1.0, "8 of 9 watchers run"), (9, 500.0, "has not answered")],
)
def test_health(watchers: int, silence: float, words: str | None) -> None:
    problem = health_problem(watchers, 9, silence)
    assert (problem is None) if words is None else (problem is not None and words in problem)
