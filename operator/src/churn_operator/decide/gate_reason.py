"""Why a gate ended what was tried, as a condition's reason: for the servers' rollouts and the stream's."""

from churn_operator.api.status import Reason
from churn_operator.decide.gates.judgement import Gate, GateVerdict, Judgement

_REASONS = {
    Gate.FAULTS: Reason.CANDIDATE_FAULTS,
    Gate.LATENCY: Reason.CANDIDATE_SLOW,
    Gate.SCORE_PSI: Reason.SCORES_SHIFTED,
    Gate.RANK_CORRELATION: Reason.SCORES_SHIFTED,
    Gate.FAILURES: Reason.SERVES_WORSE,
    Gate.NOT_SCORES: Reason.CANDIDATE_FAULTS,
    Gate.ANSWER_TIME: Reason.SERVES_WORSE,
}


def gate_reason(found: Judgement) -> Reason:
    """Of the first gate that fails; there has to be one."""
    failed = (one.gate for one in found.results if one.verdict is GateVerdict.FAIL)
    return _REASONS[next(failed)]
