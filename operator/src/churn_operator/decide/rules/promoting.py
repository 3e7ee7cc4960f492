"""Of the candidate's steps the last: pods of its own take the stable ones' places, the first of them by itself.

The same for a revision that is tried by pods of its own from the start: `candidate` tells of those.
"""

from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Phase
from churn_operator.decide.actions import Shift, Try
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.observed import Observed
from churn_operator.decide.serve_gate import is_first_pod_judged
from churn_operator.decide.traffic import stable_table
from churn_operator.decide.verdict import Verdict


def first_new_pod_serves_as_the_old_ones(observed: Observed, facts: Facts) -> Verdict | None:
    """The others follow."""
    trial = facts.trial
    if trial is None or trial.tried is None or not is_first_pod_judged(observed, facts):
        return None
    message = f"the first new pod of version {trial.rollout.version} answers as the old ones do: the others follow"
    table = stable_table(observed, trial.rollout)
    rollout = trial.rollout.next(trial.phase, observed.now, is_judged=True, stable_table=table)
    return Verdict(
        State(trial.phase.value), Reason.SERVE_GATE, message, Shift(trial.tried, rollout, Deed.SERVE_GATE_PASSED)
    )


def it_is_being_promoted(observed: Observed, facts: Facts) -> Verdict | None:
    """Its pods start, or wait for the cluster; it answers meanwhile. Whatever else is wanted comes after that."""
    trial = facts.trial
    if trial is None or trial.phase is not Phase.PROMOTING or trial.tried is None or same(facts.settled, trial.tried):
        return None
    reason, message = Reason.PROMOTING, f"version {trial.rollout.version} answers, and its pods are starting"
    if facts.health.pending:
        reason, message = Reason.PODS_PENDING, f"{message}: {facts.health.pending}"
    elif facts.health.failure:
        message = f"{message}; {facts.health.failure.message}"
    return Verdict(State.PROMOTING, reason, message, Try(trial.tried))


RULES = (first_new_pod_serves_as_the_old_ones, it_is_being_promoted)
