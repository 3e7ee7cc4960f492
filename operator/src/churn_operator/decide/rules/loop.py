"""Sixth in the chain: what evidence about the version that answers asks for, while nothing else is to be done.

Labels that show the version before to be better come first, then what asks for another training, then what only has to
be told. Each needs its own evidence alone: what is unknown blocks nothing else.
"""

from churn_operator.api.status import Reason
from churn_operator.audit.entry import Deed
from churn_operator.audit.rollout import Fault, Phase
from churn_operator.decide.actions import Recall, Tell
from churn_operator.decide.brakes import rest_brake
from churn_operator.decide.by_mode import by_mode, named, state_now, tell_once
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.freeze import labels_may_mislead
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.go_back import go_back
from churn_operator.decide.labels.evidence import LabelSignal
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.occasion import LABELS, Asks, occasion_of
from churn_operator.decide.passed_over import why_passed_over
from churn_operator.decide.rules import retraining
from churn_operator.decide.stable_evidence import drift_of_stable, failing, labels_of_stable, version_before
from churn_operator.decide.target import follows_champion
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.late import seconds_between
from churn_operator.observe.record import Record

_BLIND_SECONDS = 86400.0


def the_loaded_version_before_is_better(observed: Observed, facts: Facts) -> Verdict | None:
    """By labels of the same rows, in probation: requests go back to it within seconds."""
    trial, why = facts.trial, _why_worse(observed, facts)
    if why is None or trial is None or trial.phase is not Phase.PROBATION or trial.before is None:
        return None
    found = labels_of_stable(observed, facts)
    if found is None or found.previous_digest != trial.before.bundle.digest:
        return None  # they speak of another version than the one that is loaded
    mode = observed.model.spec.loop.rollback
    occasion = named(observed, mode, occasion_of(observed, facts, Asks.ROLL_BACK, LABELS, since=trial.rollout.begun))
    back = go_back(observed, facts, Fault.BUNDLE, Reason.LABELS_WORSE, f"version {trial.rollout.version}: {why}")
    return by_mode(observed, facts, mode, occasion, back) if back else None


def the_version_before_is_better(observed: Observed, facts: Facts) -> Verdict | None:
    """By labels of the same rows, after probation: it is tried again like a challenger, once."""
    why, before = _why_worse(observed, facts), _recallable(observed, facts)
    if why is None or before is None or facts.trial or rest_brake(observed.memory.loop, observed.now):
        return None
    mode = observed.model.spec.loop.rollback
    occasion = named(observed, mode, occasion_of(observed, facts, Asks.RECALL, LABELS, since=before.since))
    message = f"version {before.bundle.version} is tried again: {why}"
    act = Recall(facts.kept, before, occasion)
    wanted = Verdict(state_now(facts), Reason.LABELS_WORSE, message, act, look_again=1.0)
    return by_mode(observed, facts, mode, occasion, wanted)


def harm_is_estimated(observed: Observed, facts: Facts) -> Verdict | None:
    """By calibrated scores. That they are silent is no health: they do not see that a concept has changed."""
    alarm = failing(observed, facts, Signal.ESTIMATE)
    if alarm is None:
        return None
    occasion = occasion_of(observed, facts, Asks.ALERT, Signal.ESTIMATE, since=alarm.beginning)
    message = f"{alarm.message}; have labels sooner"
    return tell_once(observed, facts, Deed.HARM_ESTIMATED, occasion, Reason.ESTIMATED_HARM, message)


def a_challenger_is_passed_over(observed: Observed, facts: Facts) -> Verdict | None:
    """Training has made a newer version, and nobody would see why it is left alone."""
    message = why_passed_over(observed, facts)
    if message is None or not isinstance(observed.challenger, Target):
        return None
    occasion = occasion_of(observed, facts, Asks.ALERT, "Challenger", since=observed.challenger.digest)
    return tell_once(observed, facts, Deed.CHALLENGER_PASSED_OVER, occasion, Reason.CHALLENGER_PASSED_OVER, message)


def challengers_are_held(observed: Observed, facts: Facts) -> Verdict | None:
    """Two in a row were rejected, or a training made no good one: none is made or tried before a person says so."""
    loop = observed.memory.loop
    if not loop.is_held or not same(facts.settled, facts.stable):
        return None
    occasion = occasion_of(observed, facts, Asks.HOLD, "Challengers", since=loop.held_since)
    message = f'{loop.why_held}: none is made or tried until spec.loop.approve is "{occasion.name}"'
    act = Tell(facts.kept, Deed.SUGGESTED, occasion)
    return Verdict(state_now(facts), Reason.AWAITS_APPROVAL, message, act)


def nobody_can_say_anything(observed: Observed, facts: Facts) -> Verdict | None:
    """For a day: too few rows come, or nobody counts them. It is no harm, and no health either."""
    if observed.model.spec.drift is None or facts.trial or not same(facts.settled, facts.stable):
        return None
    found, since = drift_of_stable(observed, facts), facts.stable.since if facts.stable else ""
    state = found.of(Signal.FEED) if found else None
    if state and state.verdict is not GateVerdict.UNKNOWN:
        return None
    since = max(since, state.since if state else "")
    if not since or seconds_between(since, observed.now) <= _BLIND_SECONDS:
        return None
    occasion = occasion_of(observed, facts, Asks.ALERT, "Monitor", since=since)
    message = f"since {since} nothing is known of the rows: {state.message if state else 'no sidecar was heard'}"
    return tell_once(observed, facts, Deed.MONITOR_BLIND, occasion, Reason.MONITOR_BLIND, message)


def _why_worse(observed: Observed, facts: Facts) -> str | None:
    """While rows are broken, be it of one pod, figures of any version are."""
    found = labels_of_stable(observed, facts)
    if found is None or labels_may_mislead(observed):
        return None
    return found.worse_than_previous.message if found.is_failing(LabelSignal.WORSE_THAN_PREVIOUS) else None


def _recallable(observed: Observed, facts: Facts) -> Record | None:
    """The version before, where it is what labels speak of, and was not found bad or worse itself.

    Once: where this one was left for it already, a person has asked for this one again, and knows.
    """
    found, before, loop = labels_of_stable(observed, facts), version_before(observed, facts), observed.memory.loop
    is_ours = observed.writes_aliases and follows_champion(observed.model.spec.model)
    if found is None or before is None or before.was_rejected or not is_ours or not same(facts.settled, facts.stable):
        return None
    is_known = {before.bundle.digest, found.digest} & set(loop.worse)
    is_it = before.bundle.digest == found.previous_digest and not is_known
    return before if is_it and loop.recall is None else None


RULES = (
    the_loaded_version_before_is_better,
    the_version_before_is_better,
    *retraining.RULES,
    harm_is_estimated,
    a_challenger_is_passed_over,
    challengers_are_held,
    nobody_can_say_anything,
)
