"""Whether several models are disturbed at a time: then what feeds them all is at fault, and one alert is enough."""

from collections.abc import Mapping

from churn_operator.decide.drift.evidence import DriftEvidence, Signal, SignalState
from churn_operator.decide.gates.judgement import GateVerdict

LEAST_MODELS = 3


def disturbed_together(evidence: Mapping[str, DriftEvidence]) -> tuple[str, ...]:
    """Names of the models, at least three, whose alarms of feed or input began at overlapping times; else none.

    An alarm began somewhere between the start of the first window that fired and the end of the one that made it one.
    """
    spans = {name: span for name, one in evidence.items() if (span := _span(one))}
    together: list[str] = []
    for begin, _ in spans.values():
        here = [name for name, (first, last) in spans.items() if first <= begin <= last]
        together = max(together, here, key=len)
    return tuple(sorted(together)) if len(together) >= LEAST_MODELS else ()


def _span(evidence: DriftEvidence) -> tuple[str, str] | None:
    states = (evidence.of(signal) for signal in (Signal.FEED, Signal.INPUT))
    alarms: list[SignalState] = [one for one in states if one.verdict is GateVerdict.FAIL]
    if not alarms:
        return None
    return min(one.began for one in alarms), max(one.since for one in alarms)
