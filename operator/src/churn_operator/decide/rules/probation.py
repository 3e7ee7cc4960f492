"""After a promotion: the version before stays loaded beside the new one, for as long as spec.rollout.probation says."""

from churn_operator.api.quantities import seconds
from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Phase
from churn_operator.decide.actions import Keep, Shift
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.observed import Observed
from churn_operator.decide.verdict import Verdict


def probation_is_over(observed: Observed, facts: Facts) -> Verdict | None:
    """The version before is let go. Without evidence too: nothing spoke against the new one."""
    trial = facts.trial
    if trial is None or trial.phase is not Phase.PROBATION or facts.running is None:
        return None
    if trial.age(observed) < seconds(observed.model.spec.rollout.probation) and trial.tried is not None:
        return None
    # Pods that are not ready have not shown anything yet.
    if same(facts.running, trial.tried) and not same(facts.settled, trial.tried):
        return None
    message = f"version {trial.rollout.version} has served its probation"
    act = Shift(facts.running, trial.rollout.ended(observed.now, message), Deed.PROBATION_ENDED)
    return Verdict(State.STABLE, Reason.SETTLED, message, act, look_again=1.0)


def it_is_in_probation(observed: Observed, facts: Facts) -> Verdict | None:
    """What is wanted serves, and is still compared."""
    trial = facts.trial
    if trial is None or trial.phase is not Phase.PROBATION or not same(facts.settled, trial.tried):
        return None
    rollout = trial.rollout
    message = f"version {rollout.version} answers; version {rollout.previous_version} stays loaded beside it"
    if trial.judgement:
        message += f": {trial.judgement.message}"
    return Verdict(State.PROBATION, Reason.IN_PROBATION, message, Keep(facts.running))


RULES = (probation_is_over,)
