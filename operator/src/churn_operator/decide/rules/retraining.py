"""After what spec and registry want: what asks for another training. A Job makes a challenger, and nothing more.

No training begins while something is tried, while the rows that come in are broken, or against the brakes.
"""

from churn_operator.api.loop import Mode
from churn_operator.api.quantities import seconds
from churn_operator.api.status import Reason
from churn_operator.audit.entry import Deed
from churn_operator.audit.loop import Occasion
from churn_operator.decide.actions import Retrain
from churn_operator.decide.brakes import retraining_brake
from churn_operator.decide.by_mode import by_mode, named, state_now, tell_once
from churn_operator.decide.credential_hosts import denied_host, why_denied
from churn_operator.decide.drift.evidence import Signal
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.freeze import labels_may_mislead, rows_are_broken
from churn_operator.decide.labels.evidence import LabelSignal
from churn_operator.decide.observed import Observed
from churn_operator.decide.occasion import LABELS, SCHEDULE, Asks, occasion_of
from churn_operator.decide.stable_evidence import drift_of_stable, failing, labels_of_stable, learned_until
from churn_operator.decide.target import follows_champion
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.late import seconds_between

ENOUGH_LABELS = 1_000
"""New ones, before time alone asks for another training."""


def labels_are_below_the_baseline(observed: Observed, facts: Facts) -> Verdict | None:
    """What answers orders customers worse than training had measured: the world has moved, or its data."""
    found = labels_of_stable(observed, facts)
    if found is None or labels_may_mislead(observed) or not found.is_failing(LabelSignal.BELOW_BASELINE):
        return None
    occasion = occasion_of(observed, facts, Asks.RETRAIN, LABELS, until=found.newest or "")
    return _retraining(observed, facts, occasion, found.below_baseline.message)


def retraining_is_due(observed: Observed, facts: Facts) -> Verdict | None:
    """The last training is long ago, and enough labels have become mature since then."""
    found, every = labels_of_stable(observed, facts), seconds(observed.model.spec.loop.retrain_every)
    if found is None or facts.stable is None or not every or found.new_labels < ENOUGH_LABELS:
        return None
    begun = [one.begun for one in observed.memory.loop.retrainings[:1]]
    last = max([learned_until(observed, facts), *begun])
    if not last or seconds_between(last, observed.now) < every:
        return None
    occasion = occasion_of(observed, facts, Asks.RETRAIN, SCHEDULE, since=last)
    message = f"{found.new_labels} new labels since the last training, which was at {last}"
    return _retraining(observed, facts, occasion, message)


def input_or_scores_have_drifted(observed: Observed, facts: Facts) -> Verdict | None:
    """On the counts of all pods, by significance, effect and persistence; what a pod's engine says only wakes."""
    found = drift_of_stable(observed, facts)
    alarm = failing(observed, facts, Signal.INPUT) or failing(observed, facts, Signal.SCORE)
    if found is None or alarm is None or not observed.model.spec.loop.retrain_on_drift:
        return None
    occasion = occasion_of(observed, facts, Asks.RETRAIN, alarm.signal, alarm.beginning, found.last_window_end)
    return _retraining(observed, facts, occasion, alarm.message)


def _retraining(observed: Observed, facts: Facts, occasion: Occasion, why: str) -> Verdict | None:
    spec, loop = observed.model.spec, observed.memory.loop
    occasion = named(observed, spec.loop.retrain, occasion)
    if not _may_begin(observed, facts) or any(one.occasion.name == occasion.name for one in loop.retrainings):
        return None
    if retraining_brake(spec.loop, loop, observed.now):
        return None
    if reason := _why_impossible(observed):
        told = f"another training is asked for, and {reason}: {why}"
        return tell_once(observed, facts, Deed.OBSERVED, occasion, Reason.RETRAINING, told)
    act = Retrain(facts.kept, occasion)
    wanted = Verdict(state_now(facts), Reason.RETRAINING, f"a Job makes a challenger: {why}", act, look_again=1.0)
    return by_mode(observed, facts, spec.loop.retrain, occasion, wanted)


def _may_begin(observed: Observed, facts: Facts) -> bool:
    """What serves is stable and known, it is ours to replace, and nothing stands in the way."""
    is_ours = observed.writes_aliases and follows_champion(observed.model.spec.model)
    is_settled = facts.trial is None and same(facts.settled, facts.stable)
    return is_ours and is_settled and not rows_are_broken(observed) and not observed.memory.loop.is_held


def _why_impossible(observed: Observed) -> str | None:
    """Where nobody has said how to train, or credentials would go astray."""
    training = observed.model.spec.training
    if observed.model.spec.loop.retrain is Mode.OBSERVE:
        return None
    if training is None:
        return "spec.training does not say how"
    host = denied_host(training.credentials_secret, training.databases, observed.credential_hosts)
    return why_denied("training", host, observed.credential_hosts) if host else None


RULES = (labels_are_below_the_baseline, retraining_is_due, input_or_scores_have_drifted)
