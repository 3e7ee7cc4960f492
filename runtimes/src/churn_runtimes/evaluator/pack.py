"""Which packer makes which kind of member part of the flat table."""

from collections.abc import Callable
from typing import Any

from churn_models.member_kind import MemberKind

from churn_runtimes.evaluator.pack_catboost import pack_catboost
from churn_runtimes.evaluator.pack_lightgbm import pack_lightgbm
from churn_runtimes.evaluator.pack_logistic_regression import pack_logistic_regression
from churn_runtimes.evaluator.pack_random_forest import pack_random_forest
from churn_runtimes.evaluator.pack_xgboost import pack_xgboost
from churn_runtimes.evaluator.packed_member import PackedMember

PACKERS: dict[MemberKind, Callable[[Any], PackedMember]] = {
    MemberKind.RANDOM_FOREST: pack_random_forest,
    MemberKind.LOGISTIC_REGRESSION: pack_logistic_regression,
    MemberKind.XGBOOST: pack_xgboost,
    MemberKind.LIGHTGBM: pack_lightgbm,
    MemberKind.CATBOOST: pack_catboost,
}
