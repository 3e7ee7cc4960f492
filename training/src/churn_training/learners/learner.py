"""A learner as `registry` lists it: how it fits, and which parameters it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from churn_training.learners.fitted_member import FittedMember
from churn_training.learners.parameter_rules import ParameterRules
from churn_training.training_data import TrainingData

Parameters = Mapping[str, Any]
"""What ensemble.yaml hands to the library's own constructor, under the library's own names."""

Fit = Callable[[TrainingData, Parameters, int], FittedMember]
"""Data, parameters, seed."""


@dataclass(frozen=True)
class Learner:
    """`rules` is a function, because an optional library must be imported for it."""

    fit: Fit
    rules: Callable[[], ParameterRules]
