"""What a verdict means for the turns in which ChurnModels move to another serving image."""

from churn_operator.decide.actions import Try
from churn_operator.decide.facts import Facts
from churn_operator.decide.verdict import Verdict
from churn_operator.image_pace import ImagePhase


def image_phase(facts: Facts, verdict: Verdict) -> ImagePhase:
    """Settled, too, where it is paused or rejected: it must not keep others waiting."""
    action = verdict.action
    if isinstance(action, Try) and facts.stable and action.run.differs_in_image_alone(facts.stable):
        return ImagePhase.MOVES
    return ImagePhase.WAITS if facts.waiting else ImagePhase.SETTLED
