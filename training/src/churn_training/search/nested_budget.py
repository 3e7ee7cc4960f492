"""What a nested search costs: one search inside each fold of the proof and one on all rows, from one budget."""

import time
from collections.abc import Callable, Iterator

from churn_training.search.trial_lines import Budget, duration


def shares(budget: Budget, searches: int, monotonic: Callable[[], float] = time.monotonic) -> Iterator[Budget]:
    """The budget of each search, asked for when it begins: all the trials, and an equal share of the time left."""
    ends = None if budget.seconds is None else monotonic() + budget.seconds
    for left in range(searches, 0, -1):
        yield Budget(budget.trials, None if ends is None else max(0.0, ends - monotonic()) / left)


def cost_in_words(budget: Budget, folds: int) -> str:
    """For a person, before it begins."""
    searches = folds + 1
    parts = [] if budget.trials is None else [f"{budget.trials} trials each, {searches * budget.trials} in all"]
    if budget.seconds is not None:
        parts.append(f"{duration(budget.seconds)} for all of them together")
    return f"{searches} searches, one inside each of {folds} folds and one on all rows: {'; '.join(parts)}"
