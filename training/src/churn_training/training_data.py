"""The validated table as what learners take: the encoded matrix, the target, and how its columns are to be read."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from churn_models.encoding import Matrix, encode
from churn_models.feature_schema import FeatureSchema
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

Target = NDArray[np.int64]


@dataclass(frozen=True)
class TrainingData:
    """`matrix` float32 `[rows, features]`, `target` 0 or 1 `[rows]`, in the same order."""

    schema: FeatureSchema
    matrix: Matrix
    target: Target

    @classmethod
    def from_table(cls, schema: FeatureSchema, table: pd.DataFrame) -> "TrainingData":
        """Encode a validated table."""
        matrix = encode(schema, {name: table[name].to_numpy() for name in schema.names}).matrix
        return cls(schema, matrix, (table[schema.target.name] == schema.target.positive[0]).to_numpy(np.int64))

    def rows(self, positions: NDArray[np.int64]) -> "TrainingData":
        """These rows only."""
        return TrainingData(self.schema, self.matrix[positions], self.target[positions])


@dataclass(frozen=True)
class Split:
    """Row positions of a table: what is fitted on, and what no fit ever sees."""

    train: NDArray[np.int64]
    holdout: NDArray[np.int64]


def split(data: TrainingData, holdout: float, seed: int) -> Split:
    """Keep the share `holdout` of the rows apart, churn as frequent in both parts."""
    train, kept = train_test_split(
        np.arange(len(data.target)), test_size=holdout, stratify=data.target, random_state=seed
    )
    return Split(np.sort(train), np.sort(kept))
