"""Of what is unfinished: a way back goes on until every pod is of the version before, whatever else is wanted."""

from churn_operator.api.status import Reason, State, reason_of
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Phase
from churn_operator.decide.actions import Promote, RollBack, Shift
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.observed import Observed
from churn_operator.decide.trial import Trial
from churn_operator.decide.verdict import Verdict


def every_pod_is_of_the_version_before(observed: Observed, facts: Facts) -> Verdict | None:
    """The weight is no longer needed."""
    trial = _rolling_back(facts)
    if trial is None or trial.before is None or not same(facts.settled, trial.before):
        return None
    rollout = trial.rollout.ended(observed.now, trial.rollout.why, trial.rollout.fault, trial.rollout.reason)
    message = f"every pod is of version {trial.before.bundle.version} again"
    if trial.rollout.fault is None:
        return Verdict(State.STABLE, Reason.SETTLED, message, Promote(trial.before, rollout), look_again=1.0)
    act = Shift(trial.before, rollout, Deed.ROLLBACK_ENDED)
    return Verdict(State.REJECTED, _reason(trial), f"{message}; {trial.rollout.why}", act, look_again=1.0)


def nothing_good_is_left(observed: Observed, facts: Facts) -> Verdict | None:
    """The record of the version before is lost, or its pods cannot get ready either: no way back from a way back."""
    trial = _rolling_back(facts)
    if trial is None:
        return None
    bad = facts.health.bad if trial.before and same(facts.running, trial.before) else None
    if trial.before is not None and bad is None:
        return None
    why = bad.message if bad else "its record is lost, or it was found bad"
    message = f"version {trial.rollout.previous_version} cannot come back: {why}; {trial.rollout.why}"
    rollout = trial.rollout.next(Phase.SAFE_MODE, observed.now, why=message)
    act = Shift(facts.kept, rollout, Deed.SAFE_MODE_ENTERED)
    return Verdict(State.SAFE_MODE, Reason.NOTHING_GOOD, message, act)


def the_version_before_is_coming_back(observed: Observed, facts: Facts) -> Verdict | None:
    """It answers already where its table is held."""
    trial = _rolling_back(facts)
    if trial is None or trial.before is None:
        return None
    message = f"version {trial.before.bundle.version} answers, and its pods are coming back: {trial.rollout.why}"
    if facts.health.pending and same(facts.running, trial.before):
        message += f"; {facts.health.pending}"
    return Verdict(State.ROLLING_BACK, _reason(trial), message, RollBack(trial.before))


def _rolling_back(facts: Facts) -> Trial | None:
    return facts.trial if facts.trial and facts.trial.phase is Phase.ROLLING_BACK else None


def _reason(trial: Trial) -> Reason:
    """Why it was left; withdrawn where nothing was bad."""
    return reason_of(trial.rollout.reason, Reason.WITHDRAWN)


RULES = (every_pod_is_of_the_version_before, nothing_good_is_left, the_version_before_is_coming_back)
