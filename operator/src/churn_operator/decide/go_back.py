"""What becomes of a trial that was found bad, by where it has come to. The rules of safety call it."""

from dataclasses import replace

from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Fault, Phase, Rollout, Wisher
from churn_operator.decide.actions import Quarantine, Reject, Shift
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed
from churn_operator.decide.traffic import stable_table
from churn_operator.decide.trial import Trial
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record


def go_back(observed: Observed, facts: Facts, fault: Fault, reason: Reason, message: str) -> Verdict | None:
    """None where nothing is tried, or where its record is gone."""
    trial = facts.trial
    if trial is None or trial.tried is None:
        return None
    if trial.phase.is_in_stable_pods or trial.phase is Phase.ROLLING_OUT:
        run = facts.kept if trial.phase.is_in_stable_pods else facts.way_back
        rollout = trial.rollout.ended(observed.now, message, fault, reason)
        rollout = replace(rollout, stable_table=stable_table(observed, rollout))
        # Of a challenger that nobody asked for nothing is left to be done: what is wanted serves.
        is_wanted = trial.phase is Phase.ROLLING_OUT or facts.by is Wisher.PERSON
        state = State.REJECTED if is_wanted else State.STABLE
        return Verdict(state, reason, message, rejecting(fault, trial.tried, run or trial.tried, rollout))
    if trial.before is None:
        return _safe_mode(observed, facts, trial, message)
    rollout = trial.rollout.next(
        Phase.ROLLING_BACK, observed.now, weight=100, fault=fault, reason=reason.value, why=message
    )
    return Verdict(State.ROLLING_BACK, reason, message, rejecting(fault, trial.tried, trial.before, rollout))


def rejecting(fault: Fault, bad: Record, run: Record, rollout: Rollout | None) -> Quarantine | Reject:
    """The action that this fault asks for."""
    return Quarantine(bad, run, rollout) if fault is Fault.BUNDLE else Reject(bad, run, rollout)


def _safe_mode(observed: Observed, facts: Facts, trial: Trial, message: str) -> Verdict:
    message = f"{message}; there is nothing good to go back to"
    rollout = trial.rollout.next(Phase.SAFE_MODE, observed.now, weight=0, why=message)
    act = Shift(facts.kept, rollout, Deed.SAFE_MODE_ENTERED)
    return Verdict(State.SAFE_MODE, Reason.NOTHING_GOOD, message, act)
