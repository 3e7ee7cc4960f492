"""What a new study tries before its sampler chooses: each member alone by known settings, and what ensemble.yaml says.

`search` enqueues them. The kinds come in turn, so that a search that ends early has tried something of each. What is
written comes after one setting of each kind: all members on all folds are one trial, which would be all that a short
search begins, and none that it finishes.
"""

from itertools import chain, zip_longest
from typing import Any

from churn_training.search.known_settings import KNOWN
from churn_training.search.space import Space


def first_trials(space: Space) -> list[dict[str, Any]]:
    """Values by dimension; those that the space does not hold are left out, for the sampler to choose."""
    alone = [[space.alone(member, known) for known in KNOWN[member.kind]] for member in space.written.members]
    first, *others = zip_longest(*alone)
    return [*filter(None, first), space.as_written(), *filter(None, chain.from_iterable(others))]
