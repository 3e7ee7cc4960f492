"""All that the report of a search can say."""

from dataclasses import dataclass

from churn_models.combine import Scores
from churn_models.ensemble_spec import EnsembleSpec
from optuna.trial import FrozenTrial

from churn_training.search.choose import Candidate, Choice
from churn_training.search.features.choose_features import ChosenFeatures
from churn_training.search.learning_curve import LearningPoint


@dataclass(frozen=True)
class RowCounts:
    """Of the customers that trials saw, that proved (the same where nested), and that were not looked at."""

    searched: int
    proving: int
    judging: int


@dataclass(frozen=True)
class SearchFacts:
    """`members` are the winner's out-of-fold scores `[rows, members]`; `expected` is where its AUC will be found."""

    study: str
    rows: RowCounts
    trials: list[FrozenTrial]
    candidates: list[Candidate]
    choice: Choice
    expected: tuple[float, float]
    winner: EnsembleSpec
    learning: tuple[LearningPoint, ...]
    members: Scores
    inner_searches: int = 0
    """Of a nested search, how many folds were searched in anew."""
    features: ChosenFeatures | None = None
    """What was proposed and kept, where that was asked for."""
