"""An ensemble put together from members that trials have fitted already."""

from collections.abc import Callable, Sequence

import numpy as np
from churn_models.combine import Scores
from numpy.typing import NDArray

Value = Callable[[Scores], float]
"""Of the ensemble's scores `[rows]`; more is better."""

_ROUNDS = 20


def greedy_selection(members: Scores, value: Value, most: int) -> NDArray[np.int64]:
    """How often each member `[rows, members]` is taken, for an average weighted by it: forward selection with
    replacement of Caruana, Niculescu-Mizil, Crew and Ksikes, Ensemble selection from libraries of models (ICML 2004).

    Starts from the best one, adds in each round what helps most, ends where nothing does; at most `most` different
    members, because each is served.
    """
    taken = np.zeros(members.shape[1], dtype=np.int64)
    total = np.zeros(members.shape[0])
    best = -np.inf
    for rounds in range(1, _ROUNDS + 1):
        allowed = np.flatnonzero(taken) if (taken > 0).sum() >= most else np.arange(len(taken))
        values = [value((total + members[:, place]) / rounds) for place in allowed]
        if max(values) <= best:
            break
        best = max(values)
        chosen = allowed[int(np.argmax(values))]
        taken[chosen] += 1
        total += members[:, chosen]
    return np.asarray(taken // np.gcd.reduce(taken))


def fold_mean(value: Callable[[Scores, NDArray[np.int64]], float], targets: Sequence[NDArray[np.int64]]) -> Value:
    """The mean over folds of scores that lie one fold after another, each against its own target."""
    bounds = np.cumsum([len(target) for target in targets])[:-1]

    def mean(scores: Scores) -> float:
        parts = np.split(scores, bounds)
        return float(np.mean([value(part, target) for part, target in zip(parts, targets, strict=True)]))

    return mean
