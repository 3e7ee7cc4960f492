"""The chain: rules in the order in which they count, the first that finds its fact decides. `reconcile` calls it."""

from dataclasses import replace

from churn_operator.api.status import Reason, State
from churn_operator.decide.actions import Keep
from churn_operator.decide.facts import Facts
from churn_operator.decide.lasting import LOOK_SECONDS
from churn_operator.decide.observed import Observed
from churn_operator.decide.rules import candidate, health, pause, safety, source, unfinished
from churn_operator.decide.verdict import Rule, Verdict

RULES: tuple[Rule, ...] = (
    *unfinished.RULES,
    *safety.RULES,
    *pause.RULES,
    *candidate.RULES,
    *source.RULES,
    *health.RULES,
)


def _looked_at_soon(facts: Facts, verdict: Verdict) -> Verdict:
    """While something is tried."""
    rollout = verdict.action.rollout or (facts.trial.rollout if facts.trial else None)
    if rollout is None or not rollout.lasts:
        return verdict
    return replace(verdict, look_again=min(verdict.look_again or LOOK_SECONDS, LOOK_SECONDS))


def decide(observed: Observed, facts: Facts) -> Verdict:
    """The first verdict of the chain."""
    for rule in RULES:
        if verdict := rule(observed, facts):
            return _looked_at_soon(facts, verdict)
    # A Deployment whose record is gone and whose version nobody tells: it is left as it is.
    return Verdict(State.WAITING, Reason.REVISION_UNKNOWN, "no record tells what the pods serve", Keep(None))
