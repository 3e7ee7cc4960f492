"""The rows that judge a model with what it scores them: figures, gate, comparison and holdout.npz all read these."""

from dataclasses import dataclass

from churn_models.combine import Scores
from churn_models.holdout import Holdout

from churn_training.fit_ensemble import FittedEnsemble
from churn_training.training_data import TrainingData


@dataclass(frozen=True)
class JudgedRows:
    """`members` are P(churn) `[rows, members]`, `scores` the ensemble's `[rows]`."""

    data: TrainingData
    members: Scores
    scores: Scores

    @classmethod
    def of(cls, ensemble: FittedEnsemble, data: TrainingData) -> "JudgedRows":
        """Score the rows."""
        members = ensemble.score_members(data.matrix)
        return cls(data, members, ensemble.join(members))

    def to_holdout(self) -> Holdout:
        """As the bundle keeps them."""
        data = self.data
        target = data.target.astype("int8")
        return Holdout(data.keys, target, self.scores, self.members, time=data.times, treated=data.treated)
