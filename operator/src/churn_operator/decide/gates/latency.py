"""The gate of time: what scoring the same requests took both versions, in the same processes."""

from churn_models.traffic import LATENCY_BOUNDS

from churn_operator.decide.gates.buckets import count_above, quantile_bound
from churn_operator.decide.gates.judgement import Gate, GateResult, GateVerdict
from churn_operator.decide.paired_evidence import PairedEvidence, Scored

_TIMES_SLOWER = 3.0
_SECONDS_SLOWER = 0.001
"""Both are tables in one process: a ratio of microseconds is noise, and no user's matter."""
_LEAST_REQUESTS = 200
_SLOW_SHARE = 1 / 3
"""Of the requests, that took longer than nine of ten of the control's, as one in ten of an equal version's does. Where
no core is free, pauses of the process make a mean slow: an equal version was quarantined for them on real kind."""


def judge_latency(evidence: PairedEvidence, is_enough: bool) -> GateResult:
    """FAIL: on average more than three times as long, and a millisecond longer, and often."""
    judged, control = evidence.judged, evidence.control
    mine, others = _mean(judged), _mean(control)
    figures = {"seconds": mine, "controlSeconds": others}
    message = f"scoring takes {mine * 1e6:.0f} us a request, of {control} {others * 1e6:.0f} us for the same ones"
    if is_far_slower(mine, others) and judged.requests >= _LEAST_REQUESTS and _is_often_slow(judged, control):
        return GateResult(Gate.LATENCY, GateVerdict.FAIL, message, figures)
    verdict = GateVerdict.PASS if is_enough else GateVerdict.UNKNOWN
    return GateResult(Gate.LATENCY, verdict, message, figures)


def is_far_slower(mine: float, others: float) -> bool:
    """Of mean seconds: more than three times as long, and a millisecond longer."""
    return mine > _TIMES_SLOWER * others and mine > others + _SECONDS_SLOWER


def _is_often_slow(judged: Scored, control: Scored) -> bool:
    usual = quantile_bound(control.buckets, LATENCY_BOUNDS, 0.9)
    return count_above(judged.buckets, LATENCY_BOUNDS, usual) >= _SLOW_SHARE * judged.requests


def _mean(scored: Scored) -> float:
    return scored.seconds / scored.requests if scored.requests else 0.0
