"""Third in the chain: spec.paused."""

from churn_operator.api.status import Reason, State
from churn_operator.decide.actions import Hold
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.observed import Observed
from churn_operator.decide.verdict import Verdict


def model_is_paused(observed: Observed, facts: Facts) -> Verdict | None:
    """The user holds everything as it is, a rollout included; going back from a bad one goes on."""
    if not observed.model.spec.paused:
        return None
    stops = facts.running is not None and not same(facts.running, facts.stable)
    message = "spec.paused is true"
    if facts.trial and facts.trial.phase.is_in_stable_pods:
        held = facts.trial.rollout
        message += f"; version {held.version} is held at {held.weight} %"
    elif stops and facts.running:
        message += f"; the rollout of version {facts.running.bundle.version} is held where it is"
    return Verdict(State.PAUSED, Reason.PAUSED, message, Hold(facts.kept, stops))


RULES = (model_is_paused,)
