"""Fourth in the chain: the next step of what is being tried, while nothing else is wanted."""

from churn_operator.api.status import Reason, State
from churn_operator.decide.actions import Try
from churn_operator.decide.facts import Facts, has_another_digest, same
from churn_operator.decide.observed import Observed, TargetProblem
from churn_operator.decide.rules import probation, promoting, steps, verifying, withdrawn
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record


def candidate_was_rejected_and_is_all_there_is(observed: Observed, facts: Facts) -> Verdict | None:
    """The first revision is bad: its pods go on trying, because there is nothing to go back to."""
    candidate = _still_wanted(observed, facts)
    if candidate is None or facts.stable or facts.health.bad is None:
        return None
    return Verdict(State.REJECTED, facts.health.bad.reason, facts.health.bad.message, Try(candidate))


def candidate_is_starting(observed: Observed, facts: Facts) -> Verdict | None:
    """Its pods are on their way."""
    candidate = _still_wanted(observed, facts)
    if candidate is None or (facts.rejection and facts.stable) or _is_elsewhere(facts):
        return None
    version = candidate.bundle.version
    reason, message = Reason.ROLLING_OUT, f"version {version} is starting"
    if facts.health.pending:
        reason, message = Reason.PODS_PENDING, f"version {version} waits for the cluster: {facts.health.pending}"
    elif facts.health.failure:
        message = f"version {version} is starting; {facts.health.failure.message}"
    elif isinstance(observed.target, TargetProblem):
        reason, message = observed.target.reason, f"version {version} is starting; {observed.target.message}"
    if facts.trial and facts.trial.rollout.why:
        message += f"; {facts.trial.rollout.why}"
    return Verdict(State.ROLLING_OUT, reason, message, Try(candidate), _when_late(facts))


def _still_wanted(observed: Observed, facts: Facts) -> Record | None:
    candidate = facts.candidate
    if candidate is None or has_another_digest(observed, candidate):
        return None
    return candidate if facts.wanted is None or same(candidate, facts.wanted) else None


def _is_elsewhere(facts: Facts) -> bool:
    """It has no pods of its own."""
    return facts.trial is not None and facts.trial.phase.is_in_stable_pods


def _when_late(facts: Facts) -> float | None:
    # No event tells when a deadline ends that we count ourselves.
    left = facts.health.seconds_left
    return None if left is None else max(left, 0.0) + 1.0


RULES = (
    *withdrawn.RULES,
    *verifying.RULES,
    *steps.RULES,
    *promoting.RULES,
    *probation.RULES,
    candidate_was_rejected_and_is_all_there_is,
    candidate_is_starting,
)
