"""The validated table as what learners take: the encoded matrix, the target, and how its columns are to be read."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from churn_models.derive import Program, program_of, with_means
from churn_models.encoding import Matrix, encode
from churn_models.feature_schema import FeatureSchema
from numpy.typing import NDArray

from churn_training.judgement_keys import Keys, judgement_keys
from churn_training.time_column import as_numbers

Target = NDArray[np.int64]


@dataclass(frozen=True)
class TrainingData:
    """`matrix` float32 `[rows, features]`, `target` 0 or 1 and `keys` of the customers `[rows]`, in the same order.

    `times` (seconds since 1970, or the column's own numbers) and `treated` `[rows]` where the schema names them.
    """

    schema: FeatureSchema
    matrix: Matrix
    target: Target
    keys: Keys
    times: NDArray[np.float64] | None = None
    treated: NDArray[np.bool_] | None = None

    @classmethod
    def from_table(cls, schema: FeatureSchema, table: pd.DataFrame) -> "TrainingData":
        """Encode a validated table."""
        matrix = encode(schema, {name: table[name].to_numpy() for name in schema.names}).matrix
        return cls(
            schema,
            matrix,
            (table[schema.target.name] == schema.target.positive[0]).to_numpy(np.int64),
            judgement_keys(schema, table),
            as_numbers(table[schema.time]) if schema.time else None,
            table[schema.treated].to_numpy(bool) if schema.treated else None,
        )

    @property
    def program(self) -> Program:
        """What computes the derived features, means of groups as these rows have them."""
        return program_of(with_means(self.schema, self.matrix))

    def rows(self, positions: NDArray[np.int64]) -> "TrainingData":
        """These rows only."""
        return TrainingData(
            self.schema,
            self.matrix[positions],
            self.target[positions],
            self.keys[positions],
            None if self.times is None else self.times[positions],
            None if self.treated is None else self.treated[positions],
        )
