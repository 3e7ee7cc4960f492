"""What comes after a part of a search, counted in fits, so that a search with an end keeps time for it."""

from churn_training.search.member_pool import MOST_MEMBERS
from churn_training.search.proof_rows import Parts
from churn_training.search.search_time import Ending
from churn_training.search.space import Space

_MOST_AFTER_TRIALS, _MOST_AFTER_PROOF = 0.5, 0.2
_OTHER_TRIALS = 2
"""Of the best three, which differ from the written ensemble in every member."""
_CURVE_FITS = 6
"""Of each of the winner's members for its learning curve, in fits on all rows."""


def after_trials(space: Space, parts: Parts) -> Ending:
    """The proof of all candidates, and what comes after it."""
    after = after_proof(space, parts)
    if not parts.proves:
        return after
    proof = _different(space, parts) * len(parts.proof.folds)
    return Ending(proof + after.fits + _CURVE_FITS * MOST_MEMBERS, after.rows, _MOST_AFTER_TRIALS)


def after_proof(space: Space, parts: Parts) -> Ending:
    """A fit of every different member to see what it costs to serve. The learning curve is drawn if time is left."""
    return Ending(_different(space, parts), max(len(fitted) for fitted, _ in parts.proof.folds), _MOST_AFTER_PROOF)


def _different(space: Space, parts: Parts) -> int:
    """How many members candidates have that differ; without a proof only those can win that are nearly the best."""
    return MOST_MEMBERS + (1 + _OTHER_TRIALS * parts.proves) * len(space.written.members)
