"""What a verdict means for the turns in which ChurnModels move to another serving image or other pod defaults."""

from churn_operator.decide.actions import Try
from churn_operator.decide.facts import Facts, moves
from churn_operator.decide.observed import Observed
from churn_operator.decide.verdict import Verdict
from churn_operator.image_pace import ImagePhase


def image_phase(observed: Observed, facts: Facts, verdict: Verdict) -> ImagePhase:
    """Settled, too, where it is paused or rejected: it must not keep others waiting."""
    action = verdict.action
    if isinstance(action, Try) and moves(action.run, facts.stable, observed):
        return ImagePhase.MOVES
    return ImagePhase.WAITS if facts.waiting else ImagePhase.SETTLED
