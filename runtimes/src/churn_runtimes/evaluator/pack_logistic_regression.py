"""The logistic regression that training fits: numbers imputed and scaled, codes one-hot, as one sum of terms."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from churn_runtimes.evaluator.packed_member import LinearMember, LinearTerm
from churn_runtimes.evaluator.unpackable import Unpackable

_MOST_CODES = 1 << 16


def pack_logistic_regression(pipeline: Any) -> LinearMember:
    """Raises Unpackable for any other pipeline than those steps with the settings that matter here."""
    columns, regression = _steps(pipeline, ColumnTransformer, LogisticRegression)
    if regression.coef_.shape[0] != 1:
        raise Unpackable("more than one score per row")
    coefficients = np.asarray(regression.coef_[0], dtype=np.float64)
    terms: list[LinearTerm] = []
    for name, transformer, positions in columns.transformers_:
        if not len(positions) or transformer == "drop":
            continue
        weights = coefficients[columns.output_indices_[name]]
        terms += _terms(transformer, positions, weights)
    return LinearMember(tuple(terms), float(regression.intercept_[0]))


def _terms(transformer: Any, positions: Sequence[int], weights: NDArray[np.float64]) -> Iterator[LinearTerm]:
    if isinstance(transformer, OneHotEncoder):
        return _categorical_terms(transformer, positions, weights)
    imputer, scaler = _steps(transformer, SimpleImputer, StandardScaler)
    return _numeric_terms(imputer, scaler, positions, weights)


def _steps(pipeline: Any, *kinds: type) -> list[Any]:
    steps = [step for _, step in pipeline.steps] if isinstance(pipeline, Pipeline) else [pipeline]
    if [type(step) for step in steps] != list(kinds):
        found = ", ".join(type(step).__name__ for step in steps)
        raise Unpackable(f"steps {found}, not {', '.join(kind.__name__ for kind in kinds)}")
    return steps


def _numeric_terms(
    imputer: Any, scaler: Any, positions: Sequence[int], weights: NDArray[np.float64]
) -> Iterator[LinearTerm]:
    if imputer.add_indicator or not np.isnan(imputer.missing_values) or np.isnan(imputer.statistics_).any():
        raise Unpackable("an imputer that does more than fill in one number per feature")
    means = scaler.mean_ if scaler.with_mean else np.zeros(len(positions))
    scales = scaler.scale_ if scaler.with_std else np.ones(len(positions))
    for position, weight, fill, mean, scale in zip(positions, weights, imputer.statistics_, means, scales, strict=True):
        yield LinearTerm(int(position), float(weight), float(fill), float(mean), float(scale))


def _categorical_terms(encoder: Any, positions: Sequence[int], weights: NDArray[np.float64]) -> Iterator[LinearTerm]:
    if encoder.handle_unknown != "ignore" or encoder.drop is not None:
        raise Unpackable("a one-hot encoder that does not ignore unknown codes")
    if sum(len(categories) for categories in encoder.categories_) != len(weights):
        raise Unpackable("a one-hot encoder that joins rare codes")
    ends = np.cumsum([len(categories) for categories in encoder.categories_])
    for position, codes, own in zip(positions, encoder.categories_, np.split(weights, ends[:-1]), strict=True):
        yield _categorical_term(int(position), np.asarray(codes, dtype=np.float64), own)


def _categorical_term(position: int, codes: NDArray[np.float64], weights: NDArray[np.float64]) -> LinearTerm:
    known = ~np.isnan(codes)
    numbers = codes[known]
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= _MOST_CODES or np.any(numbers != np.floor(numbers))):
        raise Unpackable(f"feature {position} has codes that are no small whole numbers")
    by_code = np.zeros(int(numbers.max()) + 1 if len(numbers) else 1)
    by_code[numbers.astype(np.int64)] = weights[known]
    missing = float(weights[~known].sum())
    return LinearTerm(position, missing, code_weights=tuple(by_code.tolist()))
