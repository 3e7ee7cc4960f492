"""The samplers by their word of the command line, which loads no Optuna for it."""

from enum import StrEnum


class SamplerName(StrEnum):
    """The word of the command line."""

    TPE = "tpe"  # Bayesian: tree-structured Parzen estimators (Bergstra et al., 2011)
    GP = "gp"  # Bayesian: a Gaussian process
    CMAES = "cmaes"  # evolution of a normal distribution (Hansen, 2016)
    NSGA2 = "nsga2"  # genetic (Deb et al., 2002)
    RANDOM = "random"
