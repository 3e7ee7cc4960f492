"""Second in the chain: a candidate that is bad. Needs neither MLflow nor a model that is not paused."""

from churn_operator.api.status import Reason, State
from churn_operator.audit.rollout import Fault
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.go_back import go_back, rejecting
from churn_operator.decide.observed import Observed
from churn_operator.decide.rules import trial_safety
from churn_operator.decide.verdict import Verdict


def candidate_is_bad(observed: Observed, facts: Facts) -> Verdict | None:
    """Its pods cannot get ready, for reasons of its own; go back to the stable revision, if its record is there."""
    candidate, bad = facts.candidate, facts.health.bad
    if candidate is None or bad is None:
        return None
    is_retried = facts.rejection is None and candidate.retry != (observed.model.spec.rollout.retry or "")
    if candidate.was_rejected and candidate.reason == bad.reason and not is_retried:
        # Told already: there is nothing to go back to.
        return None
    fault = Fault.BUNDLE if bad.reason is Reason.BUNDLE_REJECTED else Fault.REVISION
    message = f"{_what(facts)}: {bad.message}"
    if facts.trial and same(candidate, facts.trial.tried):
        return go_back(observed, facts, fault, bad.reason, message)
    act = rejecting(fault, candidate, facts.way_back or candidate, None)
    return Verdict(State.REJECTED, bad.reason, message, act)


def _what(facts: Facts) -> str:
    """What is bad: a version that is stable is so in another configuration only."""
    candidate, stable = facts.candidate, facts.stable
    assert candidate is not None, "the rule found one"
    if stable is None or stable.bundle.digest != candidate.bundle.digest:
        return f"version {candidate.bundle.version}"
    if candidate.configuration.image != stable.configuration.image:
        return f"image {candidate.configuration.image}"
    return f"the new configuration of version {candidate.bundle.version}"


RULES = (*trial_safety.RULES, candidate_is_bad)
