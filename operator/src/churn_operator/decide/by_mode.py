"""What becomes of an action that evidence asks for, by its mode in spec.loop: done, suggested, or only recorded."""

from churn_operator.api.loop import Mode
from churn_operator.api.status import Reason, State
from churn_operator.audit.entry import Deed
from churn_operator.audit.loop import Occasion
from churn_operator.audit.rollout import Phase
from churn_operator.decide.actions import Tell
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record


def by_mode(observed: Observed, facts: Facts, mode: Mode, occasion: Occasion, wanted: Verdict) -> Verdict | None:
    """`wanted` is what Auto does. None where everything has been told, and nothing is to be done."""
    if mode is Mode.AUTO:
        return wanted
    if mode is Mode.OBSERVE:
        return tell_once(observed, facts, Deed.OBSERVED, occasion, wanted.reason, f"only recorded: {wanted.message}")
    told = observed.memory.loop.was_told(Deed.SUGGESTED, occasion) or occasion
    if observed.model.spec.loop.approve == told.name:
        return wanted
    message = f'{wanted.message}; it waits: set spec.loop.approve to "{told.name}"'
    act = Tell(where_it_runs(facts), Deed.SUGGESTED, told)
    return Verdict(state_now(facts), Reason.AWAITS_APPROVAL, message, act)


def named(observed: Observed, mode: Mode, occasion: Occasion) -> Occasion:
    """As it was suggested, where it was: the yes is about that name."""
    told = observed.memory.loop.was_told(Deed.SUGGESTED, occasion) if mode is Mode.SUGGEST else None
    return told or occasion


def tell_once(
    observed: Observed, facts: Facts, deed: Deed, occasion: Occasion, reason: Reason, message: str
) -> Verdict | None:
    """None where it is on record already, so that the rules behind go on."""
    if observed.memory.loop.was_told(deed, occasion):
        return None
    return Verdict(state_now(facts), reason, message, Tell(where_it_runs(facts), deed, occasion), look_again=1.0)


def state_now(facts: Facts) -> State:
    """Of what is tried; Stable where nothing is."""
    return State(facts.trial.phase.value) if facts.trial else State.STABLE


def where_it_runs(facts: Facts) -> Record | None:
    """What goes on: while it is being promoted, the pods of what is tried are on their way."""
    trial = facts.trial
    return trial.tried if trial and trial.phase is Phase.PROMOTING else facts.kept
