"""The evidence about what answers now: what was counted of another bundle says nothing of this one."""

from churn_operator.audit.loop import Ended
from churn_operator.decide.drift.evidence import DriftEvidence, Signal, SignalState
from churn_operator.decide.facts import Facts
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.labels.evidence import LabelEvidence
from churn_operator.decide.observed import Observed
from churn_operator.observe.record import Fate, Record

_LOOKED = (Ended.MADE, Ended.KEPT, Ended.FLOOR_MISSED)
"""How a retraining ends that has trained on what there was."""


def drift_of_stable(observed: Observed, facts: Facts) -> DriftEvidence | None:
    """None where nobody looks, nothing was heard, or what was heard is of another bundle."""
    found = observed.drift
    if found is None or facts.stable is None or observed.model.spec.drift is None:
        return None
    return found if found.digest == facts.stable.bundle.digest else None


def labels_of_stable(observed: Observed, facts: Facts) -> LabelEvidence | None:
    """The same of labels."""
    found = observed.labels
    if found is None or facts.stable is None:
        return None
    return found if found.digest == facts.stable.bundle.digest else None


def learned_until(observed: Observed, facts: Facts) -> str:
    """When the bundle that answers was promoted first, as far as records tell: it was trained before that.

    A later revision of the same bundle, in another configuration, has learned nothing new. Empty where nothing serves.
    """
    if facts.stable is None:
        return ""
    digest = facts.stable.bundle.digest
    served = [one for one in observed.records.values() if one.bundle.digest == digest and one.fate is Fate.SERVED]
    return min((one.since for one in served if one.since), default=facts.stable.since)


def trained_until(observed: Observed, facts: Facts) -> str:
    """When the bundle that answers was promoted first, or a later training looked at the labels of then.

    One that kept the champion has learned what they say, and made nothing of it. Empty where nothing serves.
    """
    learned = learned_until(observed, facts)
    looked = [one.begun for one in observed.memory.loop.retrainings if one.result in _LOOKED]
    return max([learned, *looked]) if learned else ""


def version_before(observed: Observed, facts: Facts) -> Record | None:
    """The newest of another bundle that has served. `facts.previous` may be an older configuration of the same one."""
    if facts.stable is None:
        return None
    digest = facts.stable.bundle.digest
    served = [one for one in observed.records.values() if one.fate is Fate.SERVED and one.bundle.digest != digest]
    return max(served, key=lambda record: record.since, default=None)


def failing(observed: Observed, facts: Facts, signal: Signal) -> SignalState | None:
    """The signal's state where it is an alarm."""
    found = drift_of_stable(observed, facts)
    state = found.of(signal) if found else None
    return state if state is not None and state.verdict is GateVerdict.FAIL else None
