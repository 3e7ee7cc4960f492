"""Tests and bounds that hold however often somebody looks: the operator looks every two seconds, for days.

All of them are wrong with probability LEVEL at most over the whole life of a rollout, not at each look.
"""

from math import exp, inf, log, log1p, sqrt

LEVEL = 0.001
"""One false alarm in a thousand rollouts, for each gate."""

_STEPS = (0.01, 0.03, 0.1, 0.3, 0.6, 0.9)
"""How far above the null the alternatives lie, as shares of what is left to 1: whichever is near the truth wins."""


def log_evidence(null: float, hits: int, misses: int) -> float:
    """Logarithm of the e-value against "the chance of a hit was never above `null`", from counts alone.

    It is the mean over alternatives q of the likelihood ratios (q / null)^hits ((1 - q) / (1 - null))^misses. Each
    ratio is a supermartingale while the chance of a hit, given what was before, is at most `null`; so their mean is one
    of mean 1, which ever reaches 1 / LEVEL with probability LEVEL at most (Ville's inequality, 1939; as a test: Ramdas,
    Grünwald, Vovk, Shafer, Game-theoretic statistics and safe anytime-valid inference, Statistical Science 38, 2023).
    Neither independence nor equal chances are needed.

    For paired binary outcomes, hits and misses are how often each side failed and `null` is 1/2; where both fail at
    once the ratio changes by 4 q (1 - q) < 1, so the joint counts are not needed.
    """
    if null <= 0.0:
        return inf if hits else 0.0
    if null >= 1.0:
        return 0.0
    alternatives = (null + (1.0 - null) * step for step in _STEPS)
    logs = [hits * log(q / null) + misses * (log1p(-q) - log1p(-null)) for q in alternatives]
    greatest = max(logs)
    return greatest + log(sum(exp(one - greatest) for one in logs) / len(logs))


def is_against(null: float, hits: int, misses: int) -> bool:
    """Whether chance does not explain that there were more hits than `null` says."""
    return log_evidence(null, hits, misses) >= -log(LEVEL)


def margin(count: int, first: int) -> float:
    """Half the width of a time-uniform interval for a mean, in standard deviations of one value.

    sqrt(2 (n r + 1) / (n^2 r) log(sqrt(n r + 1) / LEVEL)) for n = `count`, where r is chosen so that it is narrow at
    n = `first`, when looking begins (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, Time-uniform central limit theory
    and asymptotic confidence sequences, Annals of Statistics 52, 2024, theorem 2.2 and below). Asymptotic: `first`
    must not be a handful.
    """
    twice = -2.0 * log(LEVEL)
    r = (twice + log(twice + 1.0)) / first
    grown = count * r + 1.0
    return sqrt(2.0 * grown / (count**2 * r) * log(sqrt(grown) / LEVEL))
