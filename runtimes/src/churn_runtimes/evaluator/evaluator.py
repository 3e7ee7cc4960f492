"""All members of a bundle as one function from encoded rows to scores.

`load_evaluator` makes it, the ensemble's runtime and the server call `evaluate` for every request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from churn_models.combine import CombineRule, Scores, combine
from churn_models.derive import NO_STEPS, Program
from churn_models.encoding import Matrix
from churn_models.ensemble_scores import EnsembleScores
from churn_models.scoring.member import ScoreMember

from churn_runtimes.evaluator.compiled import Join, Table
from churn_runtimes.evaluator.explain_member import ExplainMember, NotExplained
from churn_runtimes.evaluator.join_contributions import Part, join_contributions
from churn_runtimes.evaluator.node_table import NodeTable
from churn_runtimes.evaluator.score_range import NotScores
from churn_runtimes.evaluator.scored_by import MemberScoring


@dataclass(frozen=True)
class Evaluator:
    """The members in the manifest's order; those scored by the table share `table`, the others have `stock`."""

    members: tuple[str, ...]
    scoring: Mapping[str, MemberScoring]
    join: Join
    table: Table | None
    stock: Mapping[str, ScoreMember]
    explainers: Mapping[str, ExplainMember | str]
    """Of each member; the reason where there is none."""
    arrays: NodeTable | None = None
    """What `table` was compiled from, where it scores all members: for whoever gives the table to other servers."""
    program: Program = NO_STEPS
    """Of the derived features, for the members that `table` does not score."""
    apart: NotScores = field(default_factory=NotScores)
    """Of what is not scored by the table alone."""

    @property
    def is_slow(self) -> bool:
        """Whether scoring one row takes so long that it must not run on the event loop."""
        return any(scoring.is_slow for scoring in self.scoring.values())

    @property
    def not_scores(self) -> int:
        """How many rows have been scored so far that were not finite or outside of 0 to 1."""
        return self.apart.rows + (self.table.not_scores if self.table is not None else 0)

    @property
    def explained(self) -> list[str | None]:
        """Who has contributions: None is the ensemble."""
        members = [name for name in self.members if isinstance(self.explainers[name], ExplainMember)]
        has_all = len(members) == len(self.members) and self.join.rule is not CombineRule.VOTE
        return [None, *members] if has_all else [*members]

    @cached_property
    def evaluate(self) -> Callable[[Matrix], tuple[Scores, Scores]]:
        """P(churn) `[rows]` and the members' `[rows, members]` of contiguous float32 rows in schema order.

        Raises TypeError or ValueError for a matrix of another type or shape.
        """
        return self._evaluate_apart if self.table is None or self.stock else self.table.evaluate

    def score(self, matrix: Matrix) -> EnsembleScores:
        """The same by name, as `churn_models.scoring` gives it."""
        return self.named(*self.evaluate(matrix))

    def named(self, ensemble: Scores, members: Scores) -> EnsembleScores:
        """What `evaluate` gives, by name."""
        return EnsembleScores(ensemble, {name: members[:, place] for place, name in enumerate(self.members)})

    def explain(self, member: str, matrix: Matrix) -> Scores:
        """What each feature adds to the member's own raw score, and the base value `[rows, features + 1]`.

        Derived features are among them, behind the others.

        Raises NotExplained.
        """
        return self._explainer(member).contributions(matrix)

    def explain_ensemble(self, matrix: Matrix) -> Scores:
        """The same for the ensemble's answer, as `join_contributions` says. Raises NotExplained."""
        explainers = [self._explainer(member) for member in self.members]
        _, scores = self.evaluate(matrix)
        parts = [
            Part(explainer.contributions(matrix), explainer.base_score, scores[:, place])
            for place, explainer in enumerate(explainers)
        ]
        return join_contributions(self.join, parts)

    def _explainer(self, member: str) -> ExplainMember:
        explainer = self.explainers[member]
        if isinstance(explainer, str):
            raise NotExplained(f"contributions of member {member} are not available here: {explainer}")
        return explainer

    def _evaluate_apart(self, matrix: Matrix) -> tuple[Scores, Scores]:
        members = np.empty((len(matrix), len(self.members)))
        if self.table is not None:
            members[:, _places(self.members, self.stock)] = self.table.score_members(matrix)
        wide = self.program.derive(matrix)
        for name, score in self.stock.items():
            members[:, self.members.index(name)] = score(wide)
        ensemble = combine(self.join.rule, members, self.join.weights, self.join.intercept)
        self.apart.look(ensemble)
        return ensemble, members


def _places(members: Sequence[str], stock: Mapping[str, ScoreMember]) -> list[int]:
    return [place for place, name in enumerate(members) if name not in stock]
