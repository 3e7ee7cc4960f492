"""Whether a version that nobody asked for may be tried, by what training compared it with: before any traffic.

`wanted` tries what passes; the rules of the loop tell a person of a newer one that does not.
"""

from churn_operator.decide.observed import Observed, Target
from churn_operator.observe.record import Record


def is_newer(observed: Observed, found: Target) -> bool:
    """Than what the followed alias names: an older challenger was tried, or passed by, before."""
    return isinstance(observed.target, Target) and int(found.version) > int(observed.target.version)


def why_not_tried(found: Target, stable: Record) -> str | None:
    """Training has to have compared it with just the version that it would take the place of; None: it may be tried."""
    comparison, answers = found.comparison, f"version {stable.bundle.version}, which answers"
    if comparison is None:
        return f"training has not compared it with {answers} (no comparison.json)"
    if comparison.champion_digest != stable.bundle.digest:
        return f"training compared it with another champion ({comparison.champion_digest[:19]}) than {answers}"
    if not comparison.passed:
        return f"comparison.json shows it worse than {answers}, or of another schema"
    return None
