"""Which revision scores beside the servers: tables by schedule (spec.batch) and topics (spec.stream)."""

from churn_operator.decide.actions import Promote
from churn_operator.decide.facts import Facts
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record


def scores_by(facts: Facts, verdict: Verdict) -> Record | None:
    """The stable one, from its promotion on; None without one, or while its record is lost."""
    return verdict.action.run if isinstance(verdict.action, Promote) else facts.way_back
