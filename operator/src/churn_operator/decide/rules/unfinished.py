"""First in the chain: what was begun and is not finished."""

from churn_models.traffic import State as Process

from churn_operator.api.quantities import seconds
from churn_operator.api.status import Reason, State
from churn_operator.audit.rollout import Phase, Rollout
from churn_operator.decide.actions import Promote, RollBack
from churn_operator.decide.facts import Facts, has_another_digest, same, why_rejected
from churn_operator.decide.observed import Observed
from churn_operator.decide.rules import begun, rolling_back
from churn_operator.decide.traffic import stable_table
from churn_operator.decide.trial import Trial
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record


def candidate_serves_completely(observed: Observed, facts: Facts) -> Verdict | None:
    """Every pod serves it: it is the stable revision now, unless spec.model.digest has come to exclude its bundle."""
    settled = facts.settled
    if settled is None or same(settled, facts.stable) or has_another_digest(observed, settled):
        return None
    if facts.trial and facts.trial.phase is Phase.SAFE_MODE:
        return None
    message = f"version {settled.bundle.version} answers"
    rollout = _after_promotion(observed, facts.trial, settled) if facts.trial else None
    if observed.model.spec.paused:
        return Verdict(State.PAUSED, Reason.PAUSED, message, Promote(settled, rollout))
    if rollout and rollout.lasts:
        message += f"; version {rollout.previous_version} stays loaded beside it"
        return Verdict(State.PROBATION, Reason.IN_PROBATION, message, Promote(settled, rollout))
    return Verdict(State.STABLE, Reason.SETTLED, message, Promote(settled, rollout))


def rejected_revision_still_runs(observed: Observed, facts: Facts) -> Verdict | None:
    """It was rejected, but the Deployment has yet to be put back."""
    running, stable = facts.running, facts.way_back
    if facts.trial and facts.trial.phase is not Phase.ROLLING_OUT:
        return None
    if running is None or stable is None or same(running, stable) or not running.was_rejected:
        return None
    if same(running, facts.wanted) and facts.rejection is None:
        # A person wants it tried again.
        return None
    return Verdict(State.REJECTED, why_rejected(running), running.message, RollBack(stable))


def _after_promotion(observed: Observed, trial: Trial, settled: Record) -> Rollout:
    """Probation, where the version before can be held beside it."""
    rollout = trial.rollout
    lasts = seconds(observed.model.spec.rollout.probation) > 0
    table = stable_table(observed, rollout) if rollout.previous_digest != rollout.digest else ""
    if settled.identifier == rollout.revision and trial.before and lasts and _may_hold(observed, rollout, table):
        return rollout.next(Phase.PROBATION, observed.now, weight=0, pairs_before=0, stable_table=table)
    return rollout.ended(observed.now)


def _may_hold(observed: Observed, rollout: Rollout, table: str) -> bool:
    """Unknown is not no: pods that are silent just now, or were not asked yet by this operator, may hold it."""
    pods = [pod for pod in observed.ready_stable_pods if pod.revision == rollout.revision]
    if any(table in (held.sha256 for held in state.held) for state in _states(observed, rollout.digest)):
        return bool(table)
    return bool(table) and any(pod.state is None for pod in pods)


def _states(observed: Observed, digest: str) -> list[Process]:
    """Last words of processes that serve the digest."""
    return [state for state in observed.seen if state.digest == digest]


RULES = (*begun.RULES, *rolling_back.RULES, candidate_serves_completely, rejected_revision_still_runs)
