"""holdout.npz: the rows that judged a model, with its scores, so that a later model can be compared on them.

Training writes it; whoever joins late labels to it, or asks what a model promised, reads it. No customer is named:
`keys` are keyed hashes of identities.
"""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from churn_models.errors import FileAltered


@dataclass(frozen=True)
class Holdout:
    """One entry per row `[rows]`: `keys`, `target` 0 or 1, `score` P(churn); `members` P(churn) `[rows, members]`.

    Members follow the manifest's order. `time` (seconds since 1970, or the column's own numbers) and `treated` are
    there where the schema names them.
    """

    keys: NDArray[np.uint64]
    target: NDArray[np.int8]
    score: NDArray[np.float64]
    members: NDArray[np.float64]
    time: NDArray[np.float64] | None = None
    treated: NDArray[np.bool_] | None = None

    def write(self, path: Path) -> None:
        """Without pickle; the same rows give the same bytes."""
        named = {name: column for name, column in vars(self).items() if column is not None}
        # NumPy dates every file of the archive 1980-01-01, and pickles objects alone, of which there are none.
        np.savez(path, **named)


def read_holdout(path: Path) -> Holdout:
    """All columns of a verified bundle's file. Raises FileAltered for one that is no such archive."""
    try:
        with path.open("rb") as content, np.load(content, allow_pickle=False) as archive:
            columns = {name: archive[name] for name in archive.files}
            holdout = Holdout(**columns)
        if len({len(column) for column in columns.values()}) > 1:
            raise ValueError("its columns have different lengths")
    except (ValueError, OSError, TypeError, KeyError, EOFError, BadZipFile) as error:
        raise FileAltered(f"{path} does not hold the rows that judged the model: {error}") from error
    return holdout
