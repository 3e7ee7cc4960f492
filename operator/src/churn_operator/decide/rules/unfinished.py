"""First in the chain: what was begun and is not finished."""

from churn_operator.api.status import Reason, State
from churn_operator.decide.actions import Promote, RollBack
from churn_operator.decide.facts import Facts, has_another_digest, same, why_rejected
from churn_operator.decide.observed import Observed
from churn_operator.decide.verdict import Verdict


def candidate_serves_completely(observed: Observed, facts: Facts) -> Verdict | None:
    """Every pod serves it: it is the stable revision now, unless spec.model.digest has come to exclude its bundle."""
    settled = facts.settled
    if settled is None or same(settled, facts.stable) or has_another_digest(observed, settled):
        return None
    message = f"version {settled.bundle.version} answers"
    if observed.model.spec.paused:
        return Verdict(State.PAUSED, Reason.PAUSED, message, Promote(settled))
    return Verdict(State.STABLE, Reason.SETTLED, message, Promote(settled))


def rejected_revision_still_runs(observed: Observed, facts: Facts) -> Verdict | None:
    """It was rejected, but the Deployment has yet to be put back."""
    running, stable = facts.running, facts.way_back
    if running is None or stable is None or same(running, stable) or not running.was_rejected:
        return None
    if same(running, facts.wanted) and facts.rejection is None:
        # A person wants it tried again.
        return None
    return Verdict(State.REJECTED, why_rejected(running), running.message, RollBack(stable))


RULES = (candidate_serves_completely, rejected_revision_still_runs)
