"""The chain: rules in the order in which they count, the first that finds its fact decides. `reconcile` calls it."""

from churn_operator.api.status import Reason, State
from churn_operator.decide.actions import Keep
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed
from churn_operator.decide.rules import candidate, feed, health, loop, pause, safety, source, unfinished
from churn_operator.decide.verdict import Rule, Verdict

RULES: tuple[Rule, ...] = (
    *unfinished.RULES,
    *safety.RULES,
    *pause.RULES,
    *feed.RULES,
    *candidate.RULES,
    *source.RULES,
    *loop.RULES,
    *health.RULES,
)


def decide(observed: Observed, facts: Facts) -> Verdict:
    """The first verdict of the chain."""
    for rule in RULES:
        if verdict := rule(observed, facts):
            return verdict
    # A Deployment whose record is gone and whose version nobody tells: it is left as it is.
    return Verdict(State.WAITING, Reason.REVISION_UNKNOWN, "no record tells what the pods serve", Keep(None))
