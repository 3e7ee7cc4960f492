"""An ensemble of every kind of member, each so small that fitting takes a moment."""

from typing import Any

from churn_models.combine import CombineRule
from churn_models.ensemble_spec import EnsembleSpec, Gate, MemberSpec, RowShare
from churn_models.member_kind import MemberKind

SMALL_PARAMETERS: dict[MemberKind, dict[str, Any]] = {
    MemberKind.RANDOM_FOREST: {"n_estimators": 12, "min_samples_leaf": 5},
    MemberKind.LOGISTIC_REGRESSION: {"max_iter": 500},
    MemberKind.XGBOOST: {"n_estimators": 12, "max_depth": 3},
    MemberKind.LIGHTGBM: {"n_estimators": 12, "num_leaves": 7},
    MemberKind.CATBOOST: {"iterations": 12, "depth": 3},
}


def small_spec(rule: CombineRule = CombineRule.MEAN, gate: Gate | None = None) -> EnsembleSpec:
    """All kinds of members under their kind's name."""
    weighs = rule in (CombineRule.WEIGHTED, CombineRule.VOTE)
    members = []
    for number, (kind, parameters) in enumerate(SMALL_PARAMETERS.items(), 1):
        weight: dict[str, Any] = {"weight": float(number)} if weighs else {}
        members.append(MemberSpec(name=kind.value, kind=kind, parameters=parameters, **weight))
    return EnsembleSpec(name="small", combine=rule, members=tuple(members), gate=gate or Gate())


def bagged_spec(rule: CombineRule) -> EnsembleSpec:
    """Of every kind two members, each fitted on rows of its own."""
    members = [
        MemberSpec(name=f"{kind}-{draw}", kind=kind, parameters=parameters, rows=RowShare(draw=draw))
        for kind, parameters in SMALL_PARAMETERS.items()
        for draw in (1, 2)
    ]
    return EnsembleSpec(name="small", combine=rule, members=tuple(members))
