"""The gate of time: what scoring the same requests took both versions, in the same processes."""

from churn_models.traffic import LATENCY_BOUNDS

from churn_operator.decide.gates.buckets import count_above, quantile_bound
from churn_operator.decide.gates.judgement import Gate, GateResult, GateVerdict
from churn_operator.decide.paired_evidence import PairedEvidence, Scored

TIMES_SLOWER = 3.0
SECONDS_SLOWER = 0.001
"""Both are tables in one process: a ratio of microseconds is noise, and no user's matter."""
_LEAST_REQUESTS = 200
_LEAST_SLOW = 20
"""Requests that took longer than the control's usual ones: one pause of the process makes a mean of 200 slow."""


def judge_latency(evidence: PairedEvidence, is_enough: bool) -> GateResult:
    """FAIL: on average more than three times as long, and a millisecond longer, not for a few requests alone."""
    judged, control = evidence.judged, evidence.control
    mine, others = _mean(judged), _mean(control)
    figures = {"seconds": mine, "controlSeconds": others}
    message = f"scoring takes {mine * 1e6:.0f} us a request, of {control} {others * 1e6:.0f} us for the same ones"
    is_slow = mine > TIMES_SLOWER * others and mine > others + SECONDS_SLOWER
    if is_slow and judged.requests >= _LEAST_REQUESTS and _slow_requests(judged, control) >= _LEAST_SLOW:
        return GateResult(Gate.LATENCY, GateVerdict.FAIL, message, figures)
    verdict = GateVerdict.PASS if is_enough else GateVerdict.UNKNOWN
    return GateResult(Gate.LATENCY, verdict, message, figures)


def _slow_requests(judged: Scored, control: Scored) -> int:
    usual = quantile_bound(control.buckets, LATENCY_BOUNDS, 0.9)
    return count_above(judged.buckets, LATENCY_BOUNDS, usual)


def _mean(scored: Scored) -> float:
    return scored.seconds / scored.requests if scored.requests else 0.0
