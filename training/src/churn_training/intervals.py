"""95 % intervals by formula, of whoever states a share: `evaluate`, and the tables of the report."""

import math

from scipy.stats import norm

LEVEL = 0.95
Z = float(norm.ppf((1 + LEVEL) / 2))

Bounds = tuple[float, float]


def wilson(found: int, of: int) -> Bounds:
    """Of the share `found / of`, two-sided (Wilson, 1927)."""
    share, square = found / of, Z * Z
    middle = share + square / (2 * of)
    reach = Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (middle - reach) / (1 + square / of), (middle + reach) / (1 + square / of)
