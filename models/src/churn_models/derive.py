"""From encoded rows to rows as members score them: the encoded features, then the derived ones.

Learners and stock libraries take rows from here; the compiled evaluator runs the same program inside its table
(`derive.h`), with the same floats. `program_of` writes it, so that neither knows any schema.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churn_models.derived_feature import Bins, Count, DerivedFeature, Difference, GroupMean, Log, Ratio
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema

STEP = np.dtype([(name, "<u4") for name in ("operation", "target", "first", "second", "begin", "length")])
"""`target` becomes the operation of columns `first` and `second`, and of `length` values from `begin` on."""


class Operation(IntEnum):
    """The numbers are those of derive.h."""

    RATIO = 0  # first / second
    DIFFERENCE = 1  # first - second
    LOG = 2  # log1p of its size, with its sign
    BINS = 3  # how many of the values are not above it
    LOOK_UP = 4  # the value of its code
    ADD = 5  # the value of its code, added to what the target has


@dataclass(frozen=True)
class Program:
    """Steps in their order, and the values that they read; without steps there is nothing to do."""

    steps: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, dtype=STEP))
    values: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))

    def derive(self, matrix: Matrix) -> Matrix:
        """Encoded rows `[rows, features]` with the derived columns behind; the rows themselves where there are none."""
        if not len(self.steps):
            return matrix
        wide = np.zeros((len(matrix), int(self.steps["target"][-1]) + 1), dtype=np.float32)
        wide[:, : matrix.shape[1]] = matrix
        with np.errstate(all="ignore"):
            for step in self.steps:
                found = _computed(step, wide, self.values[step["begin"] : step["begin"] + step["length"]])
                wide[:, step["target"]] = np.where(np.isfinite(found), found, np.float32(np.nan))
        return wide


NO_STEPS = Program()


def program_of(schema: FeatureSchema) -> Program:
    """The steps of its derived features. Raises ValueError where the means of a group are not known yet."""
    steps: list[tuple[int, ...]] = []
    values: list[float] = []
    for target, one in enumerate(schema.derived, len(schema.features)):
        for operation, first, second, read in _steps(schema, one):
            steps.append((operation, target, first, second, len(values), len(read)))
            values += read
    return Program(np.array(steps, dtype=STEP), _rounded(values))


def with_means(schema: FeatureSchema, matrix: Matrix) -> FeatureSchema:
    """The schema with the means of its groups as these encoded rows have them `[rows, features]`."""
    if not any(isinstance(one, GroupMean) for one in schema.derived):
        return schema
    derived: list[DerivedFeature] = []
    for one in schema.derived:
        if isinstance(one, GroupMean):
            known = schema.with_features([*schema.features, *derived])
            columns = dict(zip(known.scored_names, program_of(known).derive(matrix).T, strict=True))
            categories = len(schema.vocabularies[one.by].words)
            means = _means(columns[one.of].astype(np.float64), columns[one.by], categories)
            derived.append(one.model_copy(update={"means": means}))
        else:
            derived.append(one)
    return schema.with_features([*schema.features, *derived])


def _means(values: NDArray[np.float64], codes: Matrix, categories: int) -> tuple[float | None, ...]:
    groups = (values[(codes == code) & ~np.isnan(values)] for code in range(categories))
    return tuple(float(group.mean()) if len(group) else None for group in groups)


_Read = tuple[Operation, int, int, list[float]]


def _steps(schema: FeatureSchema, one: DerivedFeature) -> Iterator[_Read]:
    places = {name: place for place, name in enumerate(schema.scored_names)}
    match one:
        case Ratio():
            yield Operation.RATIO, places[one.of[0]], places[one.of[1]], []
        case Difference():
            yield Operation.DIFFERENCE, places[one.of[0]], places[one.of[1]], []
        case Log():
            yield Operation.LOG, places[one.of], 0, []
        case Bins():
            yield Operation.BINS, places[one.of], 0, list(one.edges)
        case Count():
            for name in one.of:
                counted = [float(word in one.categories) for word in schema.vocabularies[name].words]
                yield Operation.ADD, places[name], 0, counted
        case GroupMean():
            if one.means is None:
                raise ValueError(f"derived feature {one.name}: its means are not known; training finds them")
            yield Operation.LOOK_UP, places[one.by], 0, [math.nan if mean is None else mean for mean in one.means]


def _rounded(values: Sequence[float]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype=np.float64).astype(np.float32)


def _computed(step: np.void, wide: Matrix, values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of float32 columns; what is not finite will be missing."""
    first, second = wide[:, step["first"]], wide[:, step["second"]]
    match Operation(step["operation"]):
        case Operation.RATIO:
            return np.asarray(first / second)
        case Operation.DIFFERENCE:
            return np.asarray(first - second)
        case Operation.LOG:
            return _signed_log(first)
        case Operation.BINS:
            reached = np.searchsorted(values, first, side="right").astype(np.float32)
            return np.where(np.isnan(first), first, reached)
        case Operation.LOOK_UP:
            return _looked_up(first, values, np.nan)
        case Operation.ADD:
            return wide[:, step["target"]] + _looked_up(first, values, 0.0)


def _signed_log(values: Matrix) -> NDArray[np.float32]:
    # By the C library, as the compiled evaluator: NumPy's own logarithm may differ in the last bit on wide registers.
    sizes = np.fromiter(map(math.log1p, np.abs(values).tolist()), dtype=np.float64, count=len(values))
    return np.copysign(sizes, values).astype(np.float32)


def _looked_up(codes: Matrix, values: NDArray[np.float32], otherwise: float) -> NDArray[np.float32]:
    is_known: NDArray[Any] = (codes >= 0) & (codes < len(values)) & (codes == np.floor(codes))
    places = np.where(is_known, codes, 0).astype(np.int64)
    return np.where(is_known, values[places], np.float32(otherwise))
