"""Settings that have served many tables well: with what ensemble.yaml says the first trials of a search.

Each is tried as a member alone. A short search has then something of every kind that a greedy selection can take, where
random first trials would spend the time on poor ones.
"""

from churn_models.member_kind import MemberKind

Setting = dict[str, bool | int | float | str | None]

KNOWN: dict[MemberKind, tuple[Setting, ...]] = {
    MemberKind.RANDOM_FOREST: (
        {"min_samples_leaf": 5, "max_features": 0.3},
        {"min_samples_leaf": 1, "max_features": 0.5},
    ),
    MemberKind.LOGISTIC_REGRESSION: ({"C": 1.0},),
    MemberKind.XGBOOST: (
        {
            "n_estimators": 400,
            "learning_rate": 0.04,
            "max_depth": 3,
            "min_child_weight": 5,
            "subsample": 0.7,
            "colsample_bytree": 0.5,
            "reg_lambda": 3.0,
        },
        {
            "n_estimators": 400,
            "learning_rate": 0.06,
            "max_depth": 6,
            "min_child_weight": 1,
            "subsample": 0.8,
            "colsample_bytree": 0.6,
            "reg_lambda": 1.0,
        },
    ),
    MemberKind.LIGHTGBM: (
        {
            "n_estimators": 400,
            "learning_rate": 0.04,
            "num_leaves": 7,
            "min_child_samples": 30,
            "subsample": 0.8,
            "colsample_bytree": 0.5,
            "reg_lambda": 3.0,
        },
        {
            "n_estimators": 400,
            "learning_rate": 0.06,
            "num_leaves": 31,
            "min_child_samples": 10,
            "subsample": 0.8,
            "colsample_bytree": 0.6,
            "reg_lambda": 1.0,
        },
    ),
    MemberKind.CATBOOST: (
        {"iterations": 500, "learning_rate": 0.06, "depth": 6, "l2_leaf_reg": 3.0},
        {"iterations": 400, "learning_rate": 0.06, "depth": 4, "l2_leaf_reg": 5.0},
    ),
}
