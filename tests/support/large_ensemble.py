"""Every kind of member at the size that is shipped, 300 trees of each, as an evaluator of any combine rule.

Fitted by the learners, written, read and packed as in training and serving, but without a bundle: its out-of-fold
scores and importances would take most of a test's time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churn_models.bundle import Bundle
from churn_models.combine import CombineRule
from churn_models.ensemble_spec import MemberSpec
from churn_models.member_kind import MemberKind
from churn_models.scoring.member import ScoreMember, load_member
from churn_models.scoring.scorer import load_scorer
from churn_runtimes.evaluator.compiled import Join, compile_table
from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.explain_linear import explain_linear
from churn_runtimes.evaluator.explain_member import ExplainMember
from churn_runtimes.evaluator.explain_trees import PackedTrees, explain_trees
from churn_runtimes.evaluator.node_table import join_tables, member_table
from churn_runtimes.evaluator.pack import PACKERS
from churn_runtimes.evaluator.packed_member import LinearMember, PackedMember
from churn_training.datasets import Dataset
from churn_training.learners.registry import fit_member
from churn_training.training_data import TrainingData
from churn_training.validate import validate

TREES = 300
_PARAMETERS: dict[MemberKind, dict[str, Any]] = {
    MemberKind.RANDOM_FOREST: {"n_estimators": TREES},
    MemberKind.XGBOOST: {"n_estimators": TREES},
    MemberKind.LIGHTGBM: {"n_estimators": TREES},
    MemberKind.CATBOOST: {"iterations": TREES},
}
"""At their libraries' default depths."""
# The stack's weights keep its log-odds within those of 1e-6 and 1 - 1e-6, where log-odds of a score are cut.
_JOINS = {
    CombineRule.MEAN: Join(CombineRule.MEAN, [1.0] * 5, 0.0),
    CombineRule.WEIGHTED: Join(CombineRule.WEIGHTED, [1.0, 2.0, 3.0, 4.0, 5.0], 0.0),
    CombineRule.VOTE: Join(CombineRule.VOTE, [1.0, 2.0, 3.0, 4.0, 5.0], 0.0),
    CombineRule.STACK: Join(CombineRule.STACK, [0.25, -0.1, 0.3, 0.2, 0.1], -0.3),
}


@dataclass(frozen=True)
class LargeEnsemble:
    """Members by the name of their kind; the regression, which has no trees, is that of `bundle`."""

    bundle: Bundle
    members: Mapping[MemberKind, ScoreMember]
    packed: Mapping[MemberKind, PackedMember]

    @classmethod
    def fit(cls, bundle: Bundle, dataset: Dataset, folder: Path) -> "LargeEnsemble":
        """On the whole data set."""
        schema = bundle.schema()
        data = TrainingData.from_table(schema, validate(schema, dataset.raw))
        names = {member.kind: Path(member.path).name for member in bundle.manifest.members}
        members = {kind: _fit(kind, data, folder / names[kind]) for kind in _PARAMETERS}
        members[MemberKind.LOGISTIC_REGRESSION] = load_scorer(bundle).members[MemberKind.LOGISTIC_REGRESSION]
        return cls(bundle, members, {kind: PACKERS[kind](member.model) for kind, member in members.items()})

    def evaluator(self, rule: CombineRule) -> Evaluator:
        """All of them in one table."""
        join, tables = _JOINS[rule], join_tables([member_table(member) for member in self.packed.values()])
        table = compile_table(tables, len(self.bundle.schema().features), join)
        explainers: dict[str, ExplainMember | str] = {
            kind.value: explain_linear(member, self.bundle.schema(), self.bundle.reference())
            if isinstance(member, LinearMember)
            else explain_trees(member, PackedTrees(table, place, tables.shares))
            for place, (kind, member) in enumerate(self.packed.items())
        }
        return Evaluator(tuple(explainers), {}, join, table, {}, explainers)


def _fit(kind: MemberKind, data: TrainingData, path: Path) -> ScoreMember:
    fit_member(MemberSpec(name=kind.value, kind=kind, parameters=_PARAMETERS[kind]), data, seed=0).save(path)
    return load_member(kind, path, data.matrix.shape[1])
