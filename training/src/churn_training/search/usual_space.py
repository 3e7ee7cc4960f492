"""What `search` tries of each kind of member where ensemble.yaml says nothing: what fits most tables.

They are wide enough for a few hundred to a few hundred thousand rows. Trees stay small enough to be served fast.
"""

from churn_models.member_kind import MemberKind
from churn_models.search_space import ParameterSpace, Span

_TREES = Span(low=50, high=500, log=True)
_LEARNING_RATE = Span(low=0.01, high=0.3, log=True)
_SHARE_OF_ROWS = Span(low=0.5, high=1.0)
_SHARE_OF_COLUMNS = Span(low=0.3, high=1.0)

USUAL: dict[MemberKind, dict[str, ParameterSpace]] = {
    MemberKind.RANDOM_FOREST: {
        "min_samples_leaf": Span(low=1, high=50, log=True),
        "max_features": Span(low=0.1, high=1.0),
    },
    MemberKind.LOGISTIC_REGRESSION: {"C": Span(low=0.001, high=100.0, log=True)},
    MemberKind.XGBOOST: {
        "n_estimators": _TREES,
        "learning_rate": _LEARNING_RATE,
        "max_depth": Span(low=2, high=8),
        "min_child_weight": Span(low=1, high=20, log=True),
        "subsample": _SHARE_OF_ROWS,
        "colsample_bytree": _SHARE_OF_COLUMNS,
        "reg_lambda": Span(low=0.1, high=30.0, log=True),
    },
    MemberKind.LIGHTGBM: {
        "n_estimators": _TREES,
        "learning_rate": _LEARNING_RATE,
        "num_leaves": Span(low=4, high=63, log=True),
        "min_child_samples": Span(low=5, high=100, log=True),
        "subsample": _SHARE_OF_ROWS,
        # Without it LightGBM takes no notice of subsample.
        "subsample_freq": (1,),
        "colsample_bytree": _SHARE_OF_COLUMNS,
        "reg_lambda": Span(low=0.01, high=30.0, log=True),
    },
    MemberKind.CATBOOST: {
        "iterations": _TREES,
        "learning_rate": _LEARNING_RATE,
        "depth": Span(low=3, high=8),
        "l2_leaf_reg": Span(low=1.0, high=30.0, log=True),
    },
}

_SAME: tuple[frozenset[str], ...] = tuple(
    frozenset(names.split())
    for names in (
        "learning_rate eta shrinkage_rate",
        "n_estimators num_iterations num_iteration n_iter num_tree num_trees num_round num_rounds nrounds "
        "num_boost_round iterations max_iter",
        "reg_lambda lambda lambda_l2 l2_regularization l2_leaf_reg",
        "max_depth depth",
        "subsample sub_row bagging bagging_fraction",
        "subsample_freq bagging_freq",
        "colsample_bytree sub_feature feature_fraction",
        "min_child_samples min_data_in_leaf min_data min_data_per_leaf min_samples_leaf",
        "num_leaves num_leaf max_leaves max_leaf max_leaf_nodes",
    )
)
"""Names of one parameter in the libraries of the boosted members."""


def same_parameter(name: str) -> frozenset[str]:
    """The name and its aliases: who writes `eta` must not get `learning_rate` beside it."""
    return next((names for names in _SAME if name in names), frozenset({name}))
