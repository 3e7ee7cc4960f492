"""All gates of a step in one judgement: the rules of a candidate in the stable pods, and of probation, call it."""

from churn_operator.api.rollout import Gates
from churn_operator.decide.gates.faults import are_both_faulty, judge_faults
from churn_operator.decide.gates.judgement import GateResult, GateVerdict, Judgement
from churn_operator.decide.gates.latency import judge_latency
from churn_operator.decide.gates.scores import judge_rank_correlation, judge_score_psi
from churn_operator.decide.paired_evidence import PairedEvidence
from churn_operator.observe.expected import Expected


def judge(evidence: PairedEvidence, asked: Gates, expected: Expected | None, pairs_before: int) -> Judgement:
    """Of all pairs so far; PASS needs `minPairs` of them since the step began, when there were `pairs_before`.

    `expected` counts where it was measured against the control.
    """
    # Fewer than before: processes have ended that an operator who leads since then has not seen.
    pairs = max(evidence.pairs - pairs_before, 0)
    is_enough = pairs >= asked.min_pairs
    against = expected if expected and expected.champion_digest == evidence.control.digest else None
    results = (
        judge_faults(evidence, asked, is_enough),
        judge_latency(evidence, is_enough),
        judge_score_psi(evidence, asked, against, is_enough),
        judge_rank_correlation(evidence, asked, against, is_enough),
    )
    told = results if is_enough else tuple(_waiting(result, pairs, asked) for result in results)
    return Judgement(told, pairs, are_both_faulty(evidence, asked.max_error_ratio))


def _waiting(result: GateResult, pairs: int, asked: Gates) -> GateResult:
    if result.verdict is not GateVerdict.UNKNOWN:
        return result
    message = f"{pairs} of {asked.min_pairs} pairs have been scored in this step"
    return GateResult(result.gate, result.verdict, message, result.figures)
