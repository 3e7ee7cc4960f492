"""Contributions of a packed logistic regression: each feature's addend less its mean over the training rows.

So does `shap.LinearExplainer` for independent features. The mean of a scaled number is 0; that of a category's weight
is by the categories' shares in reference.json.
"""

from dataclasses import dataclass

import numpy as np
from churn_models.combine import Scores
from churn_models.derive import Program, program_of
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_models.reference import CategoricalReference, Reference
from numpy.typing import NDArray

from churn_runtimes.evaluator.explain_member import ExplainMember
from churn_runtimes.evaluator.packed_member import LinearMember, LinearTerm, Link


@dataclass(frozen=True)
class _MoveTerms:
    terms: tuple[LinearTerm, ...]
    means: tuple[float, ...]
    program: Program

    def __call__(self, matrix: Matrix) -> Scores:
        wide = self.program.derive(matrix)
        moved = np.zeros(wide.shape)
        for term, mean in zip(self.terms, self.means, strict=True):
            moved[:, term.feature] += _addends(term, wide[:, term.feature]) - mean
        return moved


def explain_linear(member: LinearMember, schema: FeatureSchema, reference: Reference) -> ExplainMember:
    """The explanation; the base value is the intercept with the mean of every addend."""
    means = tuple(_mean(term, schema, reference) for term in member.terms)
    return ExplainMember(
        _MoveTerms(member.terms, means, program_of(schema)), member.intercept + sum(means), Link.LOGISTIC
    )


def _addends(term: LinearTerm, values: NDArray[np.float32]) -> Scores:
    missing = np.isnan(values)
    if not term.code_weights:
        filled = np.where(missing, np.float32(term.fill), values)
        centred = (filled - np.float32(term.mean)) / np.float32(term.scale)
        return np.asarray(centred.astype(np.float64) * term.weight)
    weights = np.array([*term.code_weights, 0.0])
    known = ~missing & (values >= 0) & (values < len(term.code_weights)) & (values == np.floor(values))
    codes = np.where(known, values, len(term.code_weights)).astype(np.int64)
    return np.where(missing, term.weight, weights[codes])


def _mean(term: LinearTerm, schema: FeatureSchema, reference: Reference) -> float:
    if not term.code_weights:
        return 0.0
    seen = reference.features[schema.names[term.feature]]
    assert isinstance(seen, CategoricalReference)
    counts = np.array(list(seen.counts.values()), dtype=np.float64)[: len(term.code_weights)]
    known = counts / counts.sum() * (1 - seen.missing_ratio) if counts.sum() else counts
    return float(known @ np.array(term.code_weights)[: len(counts)] + seen.missing_ratio * term.weight)
