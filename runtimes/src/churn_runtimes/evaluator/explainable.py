"""Whether an ensemble can give reasons at all, asked before the first row by whoever writes many of them."""

import numpy as np
from churn_models.combine import CombineRule
from churn_models.errors import OutputUnknown
from churn_models.feature_schema import FeatureSchema

from churn_runtimes.evaluator.evaluator import Evaluator
from churn_runtimes.evaluator.explain_member import NotExplained


def require_explainable(evaluator: Evaluator, schema: FeatureSchema) -> None:
    """Raises OutputUnknown where the ensemble has no contributions."""
    if evaluator.join.rule is CombineRule.VOTE:
        raise OutputUnknown(
            "an ensemble that votes has no reasons, because a vote is a step and no sum; "
            "score without --top-reasons and --contributions"
        )
    try:
        evaluator.explain_ensemble(np.empty((0, len(schema.features)), dtype=np.float32))
    except NotExplained as error:
        raise OutputUnknown(str(error)) from error


def require_reasons(evaluator: Evaluator, schema: FeatureSchema, top: int) -> None:
    """The same of the so many largest; 0 asks for none. Raises OutputUnknown."""
    if top > len(schema.scored_names):
        raise OutputUnknown(f"no {top} reasons: this model has {len(schema.scored_names)} features")
    if top:
        require_explainable(evaluator, schema)
