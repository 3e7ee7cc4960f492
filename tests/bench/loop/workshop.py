"""The models that policies ask for, each fitted once: who asks after the same window gets the same challenger.

A model is one LightGBM, because what is measured here is when to retrain and what to promote, not how well to fit.
Rows are split as `churn_training train` splits them: fitted on the past, judged by the
newest of what is known, as many as a training keeps where nothing is said.
"""

from dataclasses import dataclass, field

import numpy as np
from bench.loop.stream import Stream, Window
from churn_models.combine import Scores
from churn_models.ensemble_spec import MemberSpec
from churn_models.member_kind import MemberKind
from churn_training.learners.fitted_member import FittedMember
from churn_training.learners.registry import fit_member
from churn_training.split import USUAL_OF_TIME, Positions, SplitRule, split

_MEMBER = MemberSpec(name="trees", kind=MemberKind.LIGHTGBM, parameters={"n_estimators": 100, "num_leaves": 15})


@dataclass(frozen=True, eq=False)
class Model:
    """`fitted` and `judged` are rows of the stream, `scores` P(target) of all of them `[rows]`."""

    number: int
    """0 of the first; else one more than the window after which it was made."""
    rule: SplitRule
    fitted: Positions
    judged: Positions
    scores: Scores
    member: FittedMember


@dataclass
class Workshop:
    """Of one stream."""

    stream: Stream
    made: dict[int, Model] = field(default_factory=dict)

    def first(self) -> Model:
        """What serves when the stream begins."""
        return self._make(0, self.stream.begins)

    def challenger(self, window: Window) -> Model:
        """What a training after this window gives."""
        return self._make(window.number + 1, window.end)

    def _make(self, number: int, end: int) -> Model:
        if number not in self.made:
            self.made[number] = _fit(self.stream, number, end)
        return self.made[number]


def _fit(stream: Stream, number: int, end: int) -> Model:
    known = stream.known_at(end)
    data = stream.data.rows(np.arange(known.start, known.stop))
    parts = split(data, USUAL_OF_TIME)
    member = fit_member(_MEMBER, data.rows(parts.train), seed=0)
    scores = member.score(stream.data.matrix)
    return Model(number, parts.rule, parts.train + known.start, parts.holdout + known.start, scores, member)
