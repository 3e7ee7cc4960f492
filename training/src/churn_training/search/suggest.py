"""One value for every dimension of the space, from Optuna."""

from typing import Any

from churn_models.search_space import ParameterSpace, Span
from optuna import Trial

from churn_training.search.space import Space


def suggest(trial: Trial, space: Space) -> dict[str, Any]:
    """The same names in every trial; an ensemble from them by `Space.ensemble`."""
    return {name: _suggest(trial, name, part) for name, part in space.dimensions.items()}


def _suggest(trial: Trial, name: str, part: ParameterSpace) -> Any:
    if not isinstance(part, Span):
        return trial.suggest_categorical(name, part)
    if part.is_whole:
        return trial.suggest_int(name, int(part.low), int(part.high), log=part.log)
    return trial.suggest_float(name, part.low, part.high, log=part.log)
