"""How many different rows some rows are, in counts that add up over pods and over time.

Few customers who are asked about again and again look like many rows. The sidecar counts rows by a hash of what they
hold (`row_counter`); how unevenly the cells are filled tells how often the same rows came (`different_rows`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from churn_models.encoding import Matrix

CELLS = 256
"""Of a hash."""
_FEWEST = 100
"""Rows of a sample; of fewer no chance is told."""
_ERRORS = 2.0
_MOST_ALIKE = 0.02
"""Where customers are alike more often than that, they may have become more so, and nobody can tell it from repeats."""
_TOP_BITS = np.uint64(64 - 8)
_GAP = np.uint32(0x7FC00000)
"""NaN, whichever of its many bit patterns came."""


def row_cells(matrix: Matrix | NDArray[np.float64]) -> NDArray[np.int64]:
    """The cell of each encoded row `[rows, features]`: the same for equal rows in every pod, else by chance.

    Multilinear hashing: the top bits of a sum of values times random odd numbers (Lemire and Kaser, The Computer
    Journal 57, 2014).
    """
    bits = (np.asarray(matrix, dtype=np.float32) + np.float32(0)).view(np.uint32)  # -0 is 0
    bits[np.isnan(matrix)] = _GAP
    with np.errstate(over="ignore"):
        sums = (bits.astype(np.uint64) + np.uint64(1)) @ _factors(matrix.shape[1])
    return (sums >> _TOP_BITS).astype(np.int64)


def chance_alike(sample: Matrix) -> float:
    """That two of training's customers, encoded `[rows, features]`, have one cell: by the hash, or as equal rows.

    Where features have few values, different customers are often the same row.
    """
    rows = len(sample)
    if rows < _FEWEST:
        return 1 / CELLS
    counts = np.bincount(row_cells(sample), minlength=CELLS)
    return float((counts @ counts - rows) / (rows * (rows - 1)))


def different_rows(cells: Sequence[int], alike: float) -> float | None:
    """Kish's effective number (Survey Sampling, 1965, 8.2): n² / sum k², of n rows of which each different one came k
    times; the most that is likely. None where nobody counted, there are no rows, or customers are often alike.

    `alike` is what two customers share a cell by: the squared cells of n different ones sum up to n + n (n - 1) alike.
    What is beyond it by more than two standard errors (of a multinomial's sum of squares) comes of rows that repeat.
    """
    rows = sum(cells)
    if not rows or alike > _MOST_ALIKE:
        return None
    shares = np.asarray(cells, dtype=np.float64) / rows
    squares, cubes = float(shares @ shares), float((shares * shares) @ shares)
    error = np.sqrt(2 * rows**2 * squares + 4 * rows**3 * max(0.0, cubes - squares**2))
    repeated = (rows**2 * (squares - alike) - _ERRORS * error) / (1 - alike)
    return float(rows**2 / max(repeated, float(rows)))


def _factors(features: int) -> NDArray[np.uint64]:
    """Odd numbers that look like chance: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) of the features' places."""
    with np.errstate(over="ignore"):
        mixed = np.arange(1, features + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31)) | np.uint64(1)
