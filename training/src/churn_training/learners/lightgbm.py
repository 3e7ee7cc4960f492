"""Gradient boosting (Ke et al., 2017) by LightGBM."""

from pathlib import Path

import lightgbm
from lightgbm.basic import _ConfigAliases

from churn_training.learners.fitted_member import THREADS, FittedMember
from churn_training.learners.learner import Learner, Parameters
from churn_training.learners.parameter_rules import NO_EVALUATION_SET, OWNED, UNKEPT, Choice, ParameterRules, refused
from churn_training.training_data import TrainingData

_OWNED = ("num_threads", "seed", "deterministic", "force_row_wise", "force_col_wise", "verbosity")
_UNKEPT = (
    "pred_early_stop",
    "pred_early_stop_freq",
    "pred_early_stop_margin",
    "predict_raw_score",
    "predict_leaf_index",
    "predict_contrib",
    "predict_disable_shape_check",
    "start_iteration_predict",
    "num_iteration_predict",
)
_PROBABILITIES = ("binary", "cross_entropy", "xentropy")


def fit_lightgbm(data: TrainingData, parameters: Parameters, seed: int) -> FittedMember:
    """Fit on the encoded rows, so that the same seed gives the same file."""
    classifier = lightgbm.LGBMClassifier(
        **parameters, n_jobs=THREADS, random_state=seed, deterministic=True, force_row_wise=True, verbose=-1
    )
    classifier.fit(data.matrix, data.target)
    return FittedMember(classifier, _write)


def lightgbm_rules() -> ParameterRules:
    """Names from the constructor and from the library's own table of parameters and aliases."""
    return ParameterRules(
        library="lightgbm",
        known=frozenset(lightgbm.LGBMClassifier().get_params()) | _names(*_ConfigAliases._get_all_param_aliases()),
        refused=(
            refused(_names(*_OWNED), OWNED)
            | refused(_names(*_UNKEPT), UNKEPT)
            | refused(_names("early_stopping_round"), NO_EVALUATION_SET)
        ),
        tree_counts=_names("num_iterations"),
        choices=(Choice(_names("objective"), _PROBABILITIES, "it gives no probability"),),
    )


LIGHTGBM = Learner(fit_lightgbm, lightgbm_rules)


def _names(*parameters: str) -> frozenset[str]:
    """Each parameter with its aliases, which only the library itself lists in full."""
    return frozenset(_ConfigAliases.get(*parameters))


def _write(classifier: lightgbm.LGBMClassifier, path: Path) -> None:
    classifier.booster_.save_model(path)
