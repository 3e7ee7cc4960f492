"""Which learner fits which kind of member."""

from churn_models.ensemble_spec import MemberSpec
from churn_models.errors import SpecError
from churn_models.member_kind import MemberKind

from churn_training.learners.catboost import fit_catboost
from churn_training.learners.fitted_member import Fit, FittedMember
from churn_training.learners.lightgbm import fit_lightgbm
from churn_training.learners.logistic_regression import fit_logistic_regression
from churn_training.learners.random_forest import fit_random_forest
from churn_training.learners.xgboost import fit_xgboost
from churn_training.training_data import TrainingData

LEARNERS: dict[MemberKind, Fit] = {
    MemberKind.RANDOM_FOREST: fit_random_forest,
    MemberKind.LOGISTIC_REGRESSION: fit_logistic_regression,
    MemberKind.XGBOOST: fit_xgboost,
    MemberKind.LIGHTGBM: fit_lightgbm,
    MemberKind.CATBOOST: fit_catboost,
}


def fit_member(spec: MemberSpec, data: TrainingData, seed: int) -> FittedMember:
    """Fit one member. Raises SpecError where its library refuses the parameters."""
    try:
        return LEARNERS[spec.kind](data, spec.parameters, seed)
    except (TypeError, ValueError) as error:
        raise SpecError(f"member {spec.name}: {error}") from error
