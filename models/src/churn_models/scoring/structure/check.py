"""Which check belongs to which kind of member. `member.load_member` calls it."""

from pathlib import Path
from typing import Any

from churn_models.member_kind import MemberKind
from churn_models.scoring.structure.catboost_file import check_catboost
from churn_models.scoring.structure.forest import check_forest, check_pipeline
from churn_models.scoring.structure.lightgbm_file import check_lightgbm
from churn_models.scoring.structure.xgboost_file import check_xgboost

_OF_FILES = {
    MemberKind.XGBOOST: check_xgboost,
    MemberKind.LIGHTGBM: check_lightgbm,
    MemberKind.CATBOOST: check_catboost,
}


def check_file(kind: MemberKind, path: Path, features: int) -> None:
    """Before its library reads the file of a member that compiled code reads. Raises MemberUnreadable."""
    if check := _OF_FILES.get(kind):
        check(path.read_bytes(), features)


def check_estimator(kind: MemberKind, estimator: Any, features: int) -> None:
    """Before scikit-learn scores with what skops has read. Raises MemberUnreadable."""
    if kind is MemberKind.RANDOM_FOREST:
        check_forest(estimator, features)
    else:
        check_pipeline(estimator)
