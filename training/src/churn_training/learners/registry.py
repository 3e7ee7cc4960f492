"""Which learner fits which kind of member."""

import re
from dataclasses import replace

from churn_models.ensemble_spec import EnsembleSpec, MemberSpec
from churn_models.errors import ChurnModelsError, SpecError
from churn_models.member_kind import MemberKind

from churn_training.errors import TrainingError
from churn_training.learners.catboost import CATBOOST
from churn_training.learners.drawn_rows import drawn_rows
from churn_training.learners.fitted_member import FittedMember
from churn_training.learners.learner import Learner
from churn_training.learners.lightgbm import LIGHTGBM
from churn_training.learners.logistic_regression import LOGISTIC_REGRESSION
from churn_training.learners.parameter_rules import faults
from churn_training.learners.random_forest import RANDOM_FOREST
from churn_training.learners.xgboost import XGBOOST
from churn_training.training_data import TrainingData

LEARNERS: dict[MemberKind, Learner] = {
    MemberKind.RANDOM_FOREST: RANDOM_FOREST,
    MemberKind.LOGISTIC_REGRESSION: LOGISTIC_REGRESSION,
    MemberKind.XGBOOST: XGBOOST,
    MemberKind.LIGHTGBM: LIGHTGBM,
    MemberKind.CATBOOST: CATBOOST,
}

_LONGEST_MESSAGE = 300
# XGBoost and CatBoost begin with the time and the line of their source.
_PLACE = re.compile(r"^(\[[\d:]+\] )?(\S+\.(cc|cpp|h):\d+: )?")


def check_members(spec: EnsembleSpec) -> None:
    """Check every member's parameters, so that none is refused after another was fitted. Raises SpecError."""
    wrong = [fault for member in spec.members for fault in _faults(member)]
    if wrong:
        raise SpecError("; ".join(wrong))


def fit_member(spec: MemberSpec, data: TrainingData, seed: int) -> FittedMember:
    """Fit one member on the features and the derived ones. Raises SpecError for parameters that nobody takes."""
    if wrong := _faults(spec):
        raise SpecError("; ".join(wrong))
    rows = data if spec.rows is None else data.rows(drawn_rows(data.target, spec.rows, seed))
    program = data.program
    wide = replace(rows, matrix=program.derive(rows.matrix))
    try:
        return replace(LEARNERS[spec.kind].fit(wide, spec.parameters, seed), program=program)
    except (ChurnModelsError, TrainingError, MemoryError):
        raise
    except Exception as error:  # each library has its own errors, some of them plain RuntimeError or KeyError
        raise SpecError(f"member {spec.name}: {_in_one_line(error)}") from error


def _faults(member: MemberSpec) -> list[str]:
    rules = LEARNERS[member.kind].rules()
    return [f"member {member.name}: {fault}" for fault in faults(member.parameters, rules)]


def _in_one_line(error: Exception) -> str:
    """The library's words without the stack of its compiled part."""
    words = str(error).partition("Stack trace")[0].split()
    return _PLACE.sub("", " ".join(words))[:_LONGEST_MESSAGE] or type(error).__name__
