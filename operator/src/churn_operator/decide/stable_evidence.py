"""The evidence about what answers now: what was counted of another bundle says nothing of this one."""

from churn_operator.decide.drift.evidence import DriftEvidence, Signal, SignalState
from churn_operator.decide.facts import Facts
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.decide.labels.evidence import LabelEvidence
from churn_operator.decide.observed import Observed


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


def failing(observed: Observed, facts: Facts, signal: Signal) -> SignalState | None:
    """The signal's state where it is an alarm."""
    found = drift_of_stable(observed, facts)
    state = found.of(signal) if found else None
    return state if state is not None and state.verdict is GateVerdict.FAIL else None
