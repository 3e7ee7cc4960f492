"""Whether a version that nobody asked for may be tried, by what training compared it with: before any traffic.

`wanted` tries what passes; the rules of the loop tell a person of a newer one that does not.
"""

from churn_operator.audit.rollout import Wisher
from churn_operator.decide.observed import Observed, Target
from churn_operator.observe.record import Fate, Record


def is_newer(observed: Observed, found: Target) -> bool:
    """Than what the followed alias names: an older challenger was tried, or passed by, before."""
    return isinstance(observed.target, Target) and int(found.version) > int(observed.target.version)


def why_not_tried(observed: Observed, found: Target, stable: Record) -> str | None:
    """Training has to have compared it with just the version that it would take the place of, and no person may have
    gone back from it; None: it may be tried."""
    if _was_left(observed, found):
        return "champion was moved away from it"
    comparison, answers = found.comparison, f"version {stable.bundle.version}, which answers"
    if comparison is None:
        return f"training has not compared it with {answers} (no comparison.json)"
    if comparison.champion_digest != stable.bundle.digest:
        return f"training compared it with another champion ({comparison.champion_digest[:19]}) than {answers}"
    if not comparison.passed:
        return f"comparison.json shows it worse than {answers}, or of another schema"
    return None


def _was_left(observed: Observed, found: Target) -> bool:
    """Whether it has served, or a person had asked for it, and another one is wanted by now, though nothing was bad."""
    known = [record for record in observed.records.values() if record.bundle.digest == found.digest]
    served = max((one.since for one in known if one.fate is Fate.SERVED), default="")
    if served and not any(one.was_rejected and one.since >= served for one in known):
        return True
    last = observed.memory.rollout
    return last is not None and last.by is Wisher.PERSON and last.digest == found.digest
