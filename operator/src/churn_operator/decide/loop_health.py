"""FeedHealthy, ModelHealthy and LabelsFresh, and status.loop: what the evidence says of the version that answers.

Evidence that was not read, or is of another bundle, says nothing: the conditions are Unknown then, never True.
"""

from collections.abc import Iterator
from itertools import chain

from churn_operator.api.status import ConditionType, LoopStatus, Reason
from churn_operator.audit.loop import Occasion
from churn_operator.decide.actions import Tell
from churn_operator.decide.drift.evidence import DriftEvidence, Signal
from churn_operator.decide.fact import Fact
from churn_operator.decide.facts import Facts
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.labels.evidence import LabelSignal
from churn_operator.decide.observed import Observed
from churn_operator.decide.stable_evidence import drift_of_stable, failing, labels_of_stable
from churn_operator.decide.verdict import Verdict
from churn_operator.names import DRIFT_CONTAINER

_NAMED = 3
"""Pods in a sentence."""
_TOLD = 8
"""Pods in the status."""
_HEALTHY = (Reason.NO_HARM, Reason.FEED_GOOD)


def loop_facts(observed: Observed, facts: Facts) -> list[Fact]:
    """The three conditions."""
    return [feed_fact(observed, facts), model_fact(observed, facts), labels_fact(observed, facts)]


def loop_status(observed: Observed, facts: Facts, verdict: Verdict) -> LoopStatus | None:
    """None where nobody looks, so that a status of before stays as it is."""
    if observed.model.spec.drift is None and observed.labels is None:
        return None
    loop, retraining = observed.memory.loop, observed.memory.loop.open_retraining
    return LoopStatus(
        health=_health(observed, facts),
        labels=_age_of_labels(observed),
        frozen=loop.frozen_since or None,
        awaits_approval=[one.name for one in loop.suggested if _waits(observed, facts, verdict, one)],
        retraining=retraining.occasion.name if retraining else None,
        silent=_silent_pods(observed, facts),
    )


def _silent_pods(observed: Observed, facts: Facts) -> list[str] | None:
    """None where there are none, so that a status of before stays as it is."""
    found = drift_of_stable(observed, facts)
    return list(found.silent_pods[:_TOLD]) or None if found else None


def _waits(observed: Observed, facts: Facts, verdict: Verdict, suggested: Occasion) -> bool:
    """What was suggested for a finding that is none any more waits for nothing."""
    action = verdict.action
    if isinstance(action, Tell) and action.occasion.name == suggested.name:
        return True
    is_of_feed = suggested.signal == Signal.FEED and not observed.memory.loop.frozen_since
    return is_of_feed and failing(observed, facts, Signal.FEED) is not None


def feed_fact(observed: Observed, facts: Facts) -> Fact:
    """Whether the rows that come in are whole."""
    kind, found = ConditionType.FEED_HEALTHY, drift_of_stable(observed, facts)
    if found is None:
        return _unwatched(observed, kind)
    state = found.of(Signal.FEED)
    message = "; ".join(filter(None, [state.message, _silent(found)]))
    if state.verdict is GateVerdict.UNKNOWN:
        return Fact(kind, None, _why_unknown(found), message)
    is_good = state.verdict is GateVerdict.PASS
    return Fact(kind, is_good, Reason.FEED_GOOD if is_good else Reason.FEED_BROKEN, message)


def _silent(found: DriftEvidence) -> str:
    """Empty where all are heard. What those pods are asked is missing, be the rest as good as it may."""
    if not found.silent_pods:
        return ""
    names = f"{', '.join(found.silent_pods[:_NAMED])}{' and others' if len(found.silent_pods) > _NAMED else ''}"
    return f"drift sidecars are silent, and their rows are missing: {names} (logs of the container {DRIFT_CONTAINER})"


def model_fact(observed: Observed, facts: Facts) -> Fact:
    """What speaks against the version that answers comes first; that the input has moved is told, and is no harm."""
    found = next(chain(_against(observed, facts), _for(observed, facts)), None)
    return found or _unwatched(observed, ConditionType.MODEL_HEALTHY)


def _against(observed: Observed, facts: Facts) -> Iterator[Fact]:
    """Labels before estimates."""
    kind, loop = ConditionType.MODEL_HEALTHY, observed.memory.loop
    labels, drift = labels_of_stable(observed, facts), drift_of_stable(observed, facts)
    if labels and labels.is_failing(LabelSignal.WORSE_THAN_PREVIOUS):
        yield Fact(kind, False, Reason.LABELS_WORSE, labels.worse_than_previous.message)
    if labels and labels.is_failing(LabelSignal.BELOW_BASELINE):
        yield Fact(kind, False, Reason.LABELS_BELOW_BASELINE, labels.below_baseline.message)
    if estimate := failing(observed, facts, Signal.ESTIMATE):
        yield Fact(kind, False, Reason.ESTIMATED_HARM, estimate.message)
    if loop.is_held:
        message = f"{loop.why_held}: a person has to look"
        yield Fact(kind, False, Reason.CHALLENGERS_REJECTED, message)
    if drift and drift.odd_pods:
        yield Fact(kind, False, Reason.ODD_POD, f"other rows than their peers see: {', '.join(drift.odd_pods)}")


def _for(observed: Observed, facts: Facts) -> Iterator[Fact]:
    """Of labels and estimates, what is known; else what they wait for."""
    kind = ConditionType.MODEL_HEALTHY
    labels, drift = labels_of_stable(observed, facts), drift_of_stable(observed, facts)
    told_of = [(labels.below_baseline.verdict, labels.below_baseline.message)] if labels else []
    told_of += [(one.verdict, one.message) for one in (drift.signals if drift else ()) if one.signal is Signal.ESTIMATE]
    if moved := failing(observed, facts, Signal.INPUT) or failing(observed, facts, Signal.SCORE):
        yield Fact(kind, True, Reason.INPUT_DRIFTED, f"{moved.message}; that alone is no harm")
    yield from (
        Fact(kind, True, Reason.NO_HARM, message) for verdict, message in told_of if verdict is GateVerdict.PASS
    )
    yield from (Fact(kind, None, Reason.TOO_LITTLE if labels else _why_unknown(drift), told) for _, told in told_of)


def _why_unknown(drift: DriftEvidence | None) -> Reason:
    return Reason.NOT_HEARD if drift and not drift.is_heard else Reason.TOO_LITTLE


def labels_fact(observed: Observed, facts: Facts) -> Fact:
    """Whether labels still come."""
    kind, found = ConditionType.LABELS_FRESH, observed.labels
    if found is None:
        return Fact(kind, None, Reason.NOT_WATCHED, "no labels are kept")
    if found.fresh.verdict is GateVerdict.UNKNOWN:
        return Fact(kind, None, Reason.TOO_LITTLE, found.fresh.message)
    is_fresh = found.fresh.verdict is GateVerdict.PASS
    return Fact(kind, is_fresh, Reason.LABELS_COME if is_fresh else Reason.LABELS_OLD, found.fresh.message)


def _unwatched(observed: Observed, kind: ConditionType) -> Fact:
    if observed.model.spec.drift is None:
        return Fact(kind, None, Reason.NOT_WATCHED, "spec.drift is not set")
    return Fact(kind, None, Reason.NOT_HEARD, "no evidence of the version that answers has been heard")


def _health(observed: Observed, facts: Facts) -> str:
    """What is wrong, else what is not known, else Healthy."""
    found = [feed_fact(observed, facts), model_fact(observed, facts)]
    if wrong := next((one for one in found if one.holds is False), None):
        return wrong.reason.value
    if any(one.holds is None for one in found):
        return "Unknown"
    return next((one.reason.value for one in found if one.reason not in _HEALTHY), "Healthy")


def _age_of_labels(observed: Observed) -> str:
    age = observed.labels.age_seconds if observed.labels else None
    return "none" if age is None else f"{int(max(age, 0.0) // 86400)}d old"
