"""Evidence that may be looked at after every label, for months, and is still wrong as rarely as it says.

A gambler bets against a claim, one outcome after the other, and may not lose more than there is: where the claim is
true nobody gets rich, however long or often one looks (Ville, 1939; Ramdas, Grünwald, Vovk, Shafer, Game-theoretic
statistics and safe anytime-valid inference, Statistical Science 38, 2023; of bounded means: Waudby-Smith, Ramdas,
Estimating means of bounded random variables by betting, JRSS B 86, 2024).
"""

import numpy as np
from numpy.typing import NDArray

_BETS = np.array([0.01, 0.03, 0.1, 0.3, 0.6, 0.9])
"""Shares of the wealth that are risked; whichever is near the best one wins, and their mean pays for the others."""


def log_wealth(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm after each outcome of the mean over bets of prod(1 + bet x gain) `[outcomes]`.

    Gains `[outcomes]` are at least -1, and at most 0 in the mean, given what was before, where the claim is true. Then
    the wealth ever reaches 1 / a with probability a at most.
    """
    return _log_mean_exp(np.cumsum(_logs(gains), axis=1))


def log_cusum(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for a claim that may cease to be true: each bet begins anew whenever it has less than at the start.

    An e-detector (Shin, Ramdas, Rinaldo, E-detectors, New England Journal of Statistics in Data Science 2, 2024): until
    the first false alarm at 1 / a, 1 / a outcomes pass in the mean.
    """
    sums = np.cumsum(_logs(gains), axis=1)
    before = np.concatenate([np.zeros((len(_BETS), 1)), sums[:, :-1]], axis=1)
    return _log_mean_exp(sums - np.minimum.accumulate(before, axis=1))


def _logs(gains: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log1p(_BETS[:, None] * gains[None, :]), dtype=np.float64)


def _log_mean_exp(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    greatest = logs.max(axis=0)
    return np.asarray(greatest + np.log(np.exp(logs - greatest).mean(axis=0)), dtype=np.float64)
