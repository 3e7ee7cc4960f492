"""What a nested search costs: one search inside each fold of the proof and one on all rows, from one budget."""

from collections.abc import Iterator

from churn_training.search.trial_lines import Budget, duration


def shares(searches: int) -> Iterator[float]:
    """Of the time that is left when each search begins, so that all have the same."""
    yield from (1 / left for left in range(searches, 0, -1))


def cost_in_words(budget: Budget, folds: int) -> str:
    """For a person, before it begins."""
    searches = folds + 1
    parts = [] if budget.trials is None else [f"{budget.trials} trials each, {searches * budget.trials} in all"]
    if budget.seconds is not None:
        parts.append(f"{duration(budget.seconds)} for all of them together")
    return f"{searches} searches, one inside each of {folds} folds and one on all rows: {'; '.join(parts)}"
