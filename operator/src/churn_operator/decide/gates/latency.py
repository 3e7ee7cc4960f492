"""The gate of time: what scoring the same requests took both versions, in the same processes."""

from churn_models.traffic import LATENCY_BOUNDS

from churn_operator.decide.gates.buckets import is_often_above
from churn_operator.decide.gates.judgement import Gate, GateResult, GateVerdict
from churn_operator.decide.paired_evidence import PairedEvidence, Scored

TIMES_SLOWER = 3.0
_SECONDS_SLOWER = 0.001
"""Both are tables in one process: a ratio of microseconds is noise, and no user's matter."""
_LEAST_REQUESTS = 200


def judge_latency(evidence: PairedEvidence, is_enough: bool) -> GateResult:
    """FAIL: on average more than three times as long, and a millisecond longer, and often."""
    judged, control = evidence.judged, evidence.control
    mine, others = _mean(judged), _mean(control)
    figures = {"seconds": mine, "controlSeconds": others}
    message = f"scoring takes {mine * 1e6:.0f} us a request, of {control} {others * 1e6:.0f} us for the same ones"
    is_slow = is_far_slower(mine, others) and is_often_above(judged.buckets, control.buckets, LATENCY_BOUNDS)
    if is_slow and judged.requests >= _LEAST_REQUESTS:
        return GateResult(Gate.LATENCY, GateVerdict.FAIL, message, figures)
    verdict = GateVerdict.PASS if is_enough else GateVerdict.UNKNOWN
    return GateResult(Gate.LATENCY, verdict, message, figures)


def is_far_slower(mine: float, others: float) -> bool:
    """Of mean seconds: more than three times as long, and a millisecond longer."""
    return mine > TIMES_SLOWER * others and mine > others + _SECONDS_SLOWER


def _mean(scored: Scored) -> float:
    return scored.seconds / scored.requests if scored.requests else 0.0
