"""How `search` chooses what to try next, by name.

`gp` needs torch, 200 MB that nothing else here uses: it is no dependency, and who has it may use it.
"""

from importlib.util import find_spec

from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, NSGAIISampler, RandomSampler, TPESampler

from churn_training.errors import SearchImpossible
from churn_training.search.sampler_name import SamplerName

_POPULATION = 20
"""Of a generation: with Optuna's 50, a search of a hundred trials has two generations."""


def sampler_of(name: SamplerName, seed: int | None) -> BaseSampler:
    """`seed` none: another one each time. Raises SearchImpossible for `gp` without torch."""
    match name:
        case SamplerName.TPE:
            return TPESampler(seed=seed)
        case SamplerName.GP:
            if find_spec("torch") is None:
                raise SearchImpossible("--sampler gp needs torch, which is not installed; tpe is Bayesian too")
            return GPSampler(seed=seed)
        case SamplerName.CMAES:
            return CmaEsSampler(seed=seed, warn_independent_sampling=False)
        case SamplerName.NSGA2:
            return NSGAIISampler(seed=seed, population_size=_POPULATION)
        case SamplerName.RANDOM:
            return RandomSampler(seed=seed)
