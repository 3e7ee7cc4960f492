"""First of what is unfinished: a fate that is on record already, and that no record of a revision has yet.

An operator ended between the two. Its evidence may be gone since then; its decision holds.
"""

from churn_operator.api.status import Reason, State, reason_of
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Phase
from churn_operator.decide.actions import Promote
from churn_operator.decide.facts import Facts
from churn_operator.decide.go_back import rejecting
from churn_operator.decide.observed import Observed
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Fate, Record


def rejection_was_begun(observed: Observed, facts: Facts) -> Verdict | None:
    """Of what the chain's last rollout has found bad."""
    last = observed.memory.rollout
    if last is None or last.fault is None or facts.kept is None:
        return None
    bad = observed.records.get(last.revision)
    if bad is None or bad.was_rejected or not _is_open(observed, Deed.REJECTED, bad):
        return None
    back = observed.records.get(last.previous) if last.phase is Phase.ROLLING_BACK else facts.way_back
    reason = reason_of(last.reason, Reason.BUNDLE_REJECTED)
    state = State.ROLLING_BACK if last.phase is Phase.ROLLING_BACK else State.REJECTED
    return Verdict(state, reason, last.why, rejecting(last.fault, bad, back or facts.kept, None))


def promotion_was_begun(observed: Observed, facts: Facts) -> Verdict | None:
    """Every pod served it when that was recorded, though one may have gone since."""
    last, running = observed.memory.rollout, facts.running
    if last is None or running is None or running.identifier != last.revision or running.fate is Fate.SERVED:
        return None
    if last.phase not in (Phase.PROBATION, Phase.ENDED) or not _is_open(observed, Deed.PROMOTED, running):
        return None
    state = State.PROBATION if last.phase is Phase.PROBATION else State.STABLE
    return Verdict(state, Reason.SETTLED, f"version {running.bundle.version} answers", Promote(running))


def _is_open(observed: Observed, deed: Deed, record: Record) -> bool:
    begun = observed.memory.begun.values()
    return any(one.action == deed and one.revision == record.identifier for one in begun)


RULES = (rejection_was_begun, promotion_was_begun)
