"""Tails of the distributions of test statistics, so that the operator's image needs no SciPy. Tests compare them."""

from functools import lru_cache
from math import erfc, exp, lgamma, log, pi, sqrt


def kolmogorov_tail(statistic: float) -> float:
    """P(K > x) of Kolmogorov's distribution, x = D sqrt(n m / (n + m)).

    2 sum (-1)^(k-1) exp(-2 k² x²) (Smirnov, Annals of Mathematical Statistics 19, 1948), and for small x its theta
    transform 1 - sqrt(2 pi) / x sum exp(-(2k-1)² pi² / (8 x²)), which converges there.
    """
    if statistic < 0.2:
        return 1.0
    if statistic < 1.0:
        terms = (exp(-((2 * k - 1) ** 2) * pi**2 / (8 * statistic**2)) for k in range(1, 6))
        return 1.0 - sqrt(2 * pi) / statistic * sum(terms)
    signed = ((1.0 if k % 2 else -1.0) * exp(-2.0 * k**2 * statistic**2) for k in range(1, 8))
    return 2.0 * sum(signed)


def chi_square_tail(statistic: float, freedom: int) -> float:
    """P(X > x) of the chi-square distribution with so many degrees of freedom.

    By the recurrence Q(x, v + 2) = Q(x, v) + (x/2)^(v/2) exp(-x/2) / Gamma(v/2 + 1) from v = 1 or 2 (Abramowitz and
    Stegun, Handbook of Mathematical Functions, 1964, 26.4.4, 26.4.5 and 26.4.8): all terms are positive.
    """
    if statistic <= 0.0 or freedom < 1:
        return 1.0
    half = statistic / 2.0
    tail = erfc(sqrt(half)) if freedom % 2 else exp(-half)
    for v in range(1 if freedom % 2 else 2, freedom, 2):
        tail += exp(v / 2 * log(half) - half - lgamma(v / 2 + 1))
    return min(tail, 1.0)


@lru_cache(maxsize=4096)
def chi_square_bound(share: float, freedom: int) -> float:
    """What a chi-square of so many degrees of freedom exceeds with the probability `share`, by bisection."""
    low, high = 0.0, 2.0 * freedom + 20.0
    while chi_square_tail(high, freedom) > share:
        high *= 2.0
    while high - low > 1e-9 * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if chi_square_tail(middle, freedom) > share else (low, middle)
    return high


def adjusted(p_values: list[float]) -> list[float]:
    """p-values as Benjamini and Hochberg (Journal of the Royal Statistical Society B 57, 1995) adjust them."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__, reverse=True)
    found, least = [1.0] * len(p_values), 1.0
    for behind, position in enumerate(order):
        least = min(least, p_values[position] * len(p_values) / (len(p_values) - behind))
        found[position] = least
    return found
