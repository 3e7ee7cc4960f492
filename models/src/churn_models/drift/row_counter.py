"""Encoded rows and their scores to counts: what the drift sidecar does with all that the server's tap sends."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from churn_models.drift.categorical_tally import CategoricalTally
from churn_models.drift.counts import Counts
from churn_models.drift.numeric_tally import NumericTally
from churn_models.drift.row_cells import CELLS, row_cells
from churn_models.drift.score_tally import ScoreTally
from churn_models.encoding import Matrix
from churn_models.feature_schema import CategoricalFeature, FeatureSchema
from churn_models.reference import CategoricalReference, Reference


class RowCounter:
    """Rows of one bundle, since it was made. Numeric features are binned on the reference's edges.

    Raises KeyError for a reference that lacks a feature of the schema.
    """

    def __init__(self, schema: FeatureSchema, reference: Reference) -> None:
        self._numeric: dict[str, tuple[int, NumericTally]] = {}
        self._categorical: dict[str, tuple[int, CategoricalTally]] = {}
        self._partners: dict[str, int] = {}
        for place, feature in enumerate(schema.features):
            known = reference.features[feature.name]
            if isinstance(feature, CategoricalFeature):
                beside = len(known.joint[0]) if isinstance(known, CategoricalReference) and known.joint else 0
                self._categorical[feature.name] = place, CategoricalTally(len(feature.categories), beside)
                if isinstance(known, CategoricalReference) and known.joint:
                    self._partners[feature.name] = schema.names.index(known.partner)
            elif not isinstance(known, CategoricalReference):
                self._numeric[feature.name] = place, NumericTally(known)
            else:
                raise KeyError(f"{feature.name} is a category in the reference alone")
        self._names = schema.names
        self._scores = ScoreTally(reference.scores)
        self._rows = 0
        self._cells = np.zeros(CELLS, dtype=np.int64)

    def add(self, matrix: Matrix, unseen: Mapping[str, int], scores: NDArray[np.float64]) -> None:
        """Encoded rows `[rows, features]` in schema order, unseen categories by feature, and P(churn) `[rows]`."""
        if not len(matrix):
            return
        for place, numeric in self._numeric.values():
            numeric.add(matrix[:, place])
        for name, (place, categorical) in self._categorical.items():
            partner = self._partners.get(name)
            categorical.add(matrix[:, place], unseen.get(name, 0), None if partner is None else matrix[:, partner])
        self._scores.add(scores)
        self._rows += len(matrix)
        self._cells += np.bincount(row_cells(matrix), minlength=CELLS)

    def counts(self) -> Counts:
        """So far, the features in the schema's order."""
        tallies = self._numeric | self._categorical
        return Counts(
            rows=self._rows,
            features={name: tallies[name][1].counts() for name in self._names},
            scores=self._scores.counts(),
            cells=tuple(self._cells.tolist()),
        )
