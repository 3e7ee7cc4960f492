"""The gates of scores: whether two versions differ on the same rows by more than was expected of them.

What training measured on its judgement rows (`comparison.json`) is what is expected; without it the spec's bounds
count.
"""

from churn_operator.api.rollout import Gates
from churn_operator.decide.gates.estimates import estimate_rank_correlation, estimate_score_psi
from churn_operator.decide.gates.judgement import Gate, GateResult, GateVerdict
from churn_operator.decide.gates.sequential import margin
from churn_operator.decide.paired_evidence import PairedEvidence
from churn_operator.observe.expected import Expected

PSI_ABOVE_EXPECTED = 0.1
RANK_BELOW_EXPECTED = 0.05


def judge_score_psi(evidence: PairedEvidence, asked: Gates, expected: Expected | None, is_enough: bool) -> GateResult:
    """FAIL: all of the time-uniform interval lies above the bound. PASS: the estimate does not."""
    bound = asked.max_score_psi if expected is None else expected.score_psi + PSI_ABOVE_EXPECTED
    if evidence.joint is None or evidence.pairs < asked.min_pairs:
        return _too_few(Gate.SCORE_PSI, evidence)
    found = estimate_score_psi(evidence.joint)
    reach = found.deviation * margin(evidence.pairs, asked.min_pairs)
    message = (
        f"the stability index of the scores is {found.value:.3f} ± {reach:.3f}, at most {bound:.3f} is {_by(expected)}"
    )
    figures = {"value": found.value, "reach": reach, "bound": bound}
    verdict = _verdict(found.value - reach > bound, is_enough and found.value <= bound)
    return GateResult(Gate.SCORE_PSI, verdict, message, figures)


def judge_rank_correlation(
    evidence: PairedEvidence, asked: Gates, expected: Expected | None, is_enough: bool
) -> GateResult:
    """FAIL: all of the time-uniform interval lies below the bound. PASS: the estimate does not."""
    bound = asked.min_rank_correlation if expected is None else expected.rank_correlation - RANK_BELOW_EXPECTED
    if evidence.joint is None or evidence.pairs < asked.min_pairs:
        return _too_few(Gate.RANK_CORRELATION, evidence)
    found = estimate_rank_correlation(evidence.joint)
    if found is None:
        message = "all scores of one of the two versions are alike, so they have no order to compare"
        return GateResult(Gate.RANK_CORRELATION, GateVerdict.UNKNOWN, message)
    reach = found.deviation * margin(evidence.pairs, asked.min_pairs)
    message = (
        f"the scores' rank correlation is {found.value:.3f} ± {reach:.3f}, at least {bound:.3f} is {_by(expected)}"
    )
    figures = {"value": found.value, "reach": reach, "bound": bound}
    verdict = _verdict(found.value + reach < bound, is_enough and found.value >= bound)
    return GateResult(Gate.RANK_CORRELATION, verdict, message, figures)


def _too_few(gate: Gate, evidence: PairedEvidence) -> GateResult:
    return GateResult(gate, GateVerdict.UNKNOWN, "too few pairs", {"pairs": evidence.pairs})


def _verdict(fails: bool, holds: bool) -> GateVerdict:
    if fails:
        return GateVerdict.FAIL
    return GateVerdict.PASS if holds else GateVerdict.UNKNOWN


def _by(expected: Expected | None) -> str:
    return "asked for" if expected is None else "expected from training's comparison"
