"""The column that names the customers, checked as `churn_models.check_column` checks the others."""

import numpy as np
import pandas as pd
from churn_models.check_column import MISSING_FAULT, Checked
from churn_models.spelling import text_of
from numpy.typing import NDArray

from churn_training.frame_cells import cells_of


def identities(column: pd.Series) -> NDArray[np.object_]:
    """Of each row the customer as text, None where it is missing."""
    cells = cells_of(column)
    texts: NDArray[np.object_] = np.asarray([*map(text_of, cells.distinct), None], dtype=object)[cells.codes]
    return texts


def check_identity(column: pd.Series) -> Checked:
    """`values` are texts; none is missing and none comes twice."""
    texts = identities(column)
    missing = pd.isna(texts)
    twice = pd.Series(texts).duplicated(keep=False).to_numpy() & ~missing
    faults = {MISSING_FAULT: missing, "a value comes twice": twice}
    return Checked(texts, {fault: rows for fault, rows in faults.items() if rows.any()})
