"""Which rows a member is fitted on that does not get all: several such members of one kind are a bag."""

import numpy as np
from churn_models.ensemble_spec import RowShare
from numpy.typing import NDArray

from churn_training.training_data import Target


def drawn_rows(target: Target, rows: RowShare, seed: int) -> NDArray[np.int64]:
    """Positions, in their order, drawn without replacement: as good as Breiman's bootstrap and smaller (Bühlmann and
    Yu, Analyzing bagging, 2002). The classes are as frequent as in all rows, and none is lost.
    """
    generator = np.random.default_rng([seed, rows.draw])
    of_class = (np.flatnonzero(target == value) for value in np.unique(target))
    drawn = [
        generator.choice(positions, max(1, round(rows.share * len(positions))), replace=False) for positions in of_class
    ]
    return np.sort(np.concatenate(drawn))
