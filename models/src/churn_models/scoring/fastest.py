"""The fastest way to score a bundle that is installed here: what pyfunc uses, on Spark's executors too.

churn-runtimes offers its compiled evaluator by an entry point, so that nobody who has no use for a server needs it.
"""

import warnings
from importlib.metadata import entry_points

from churn_models.bundle import Bundle
from churn_models.scoring.scorer import ScoresRows, load_scorer

GROUP = "churn_models.scorers"
"""Entry points that take a bundle and give what scores it."""


def load_fastest(bundle: Bundle) -> ScoresRows:
    """What an installed distribution offers, else the members' stock libraries. Raises BundleError."""
    for offered in entry_points(group=GROUP):
        try:
            load = offered.load()
        except Exception as error:  # another version than this one's, or half of an installation
            warnings.warn(f"{offered.value} cannot be used ({error!r}): stock libraries score", stacklevel=2)
        else:
            scorer: ScoresRows = load(bundle)
            return scorer
    return load_scorer(bundle)
