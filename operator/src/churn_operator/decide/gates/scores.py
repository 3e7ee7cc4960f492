"""The gates of scores: whether two versions differ on the same rows by more than was expected of them.

What training measured on its judgement rows (`comparison.json`) is what is expected; without it the spec's bounds
count. Where the two versions were tried in different stretches of time, these figures differ between the stretches: the
world moves, and one of the two has learnt it. So the bound is where one more stretch would lie (`stretches.py` of
training), if that is further away than the fixed allowance.
"""

from churn_operator.api.rollout import Gates
from churn_operator.decide.gates.estimates import Estimate, estimate_rank_correlation, estimate_score_psi
from churn_operator.decide.gates.judgement import Gate, GateResult, GateVerdict
from churn_operator.decide.gates.sequential import margin
from churn_operator.decide.paired_evidence import PairedEvidence
from churn_operator.observe.expected import Expected

PSI_ABOVE_EXPECTED = 0.1
RANK_BELOW_EXPECTED = 0.05
LEAST_OF_THE_ORDER = 0.5
"""Of the rank correlation expected: a version that keeps less than half of it is rejected, however much it wandered."""


def judge_score_psi(evidence: PairedEvidence, asked: Gates, expected: Expected | None, is_enough: bool) -> GateResult:
    """FAIL: all of the time-uniform interval lies above the bound. PASS: the estimate does not."""
    bound = asked.max_score_psi if expected is None else _most_psi(expected)
    if evidence.joint is None or evidence.pairs < asked.min_pairs:
        return _too_few(Gate.SCORE_PSI, evidence)
    found = estimate_score_psi(evidence.joint)
    # Of few rows the correction would take away what is there.
    value = found.value if _is_varied(evidence, asked) else evidence.joint.score_psi or 0.0
    reach = _reach(found, evidence, asked)
    message = f"the stability index of the scores is {value:.3f} ± {reach:.3f}, at most {bound:.3f} is {_by(expected)}"
    fails = _is_varied(evidence, asked) and value - reach > bound
    return _result(Gate.SCORE_PSI, evidence, asked, _verdict(fails, is_enough and value <= bound), message)


def judge_rank_correlation(
    evidence: PairedEvidence, asked: Gates, expected: Expected | None, is_enough: bool
) -> GateResult:
    """FAIL: all of the time-uniform interval lies below the bound. PASS: the estimate does not."""
    bound = asked.min_rank_correlation if expected is None else _least_rank(expected)
    if evidence.joint is None or evidence.pairs < asked.min_pairs:
        return _too_few(Gate.RANK_CORRELATION, evidence)
    found = estimate_rank_correlation(evidence.joint)
    if found is None:
        message = "all scores of one of the two versions are alike, so they have no order to compare"
        return _result(Gate.RANK_CORRELATION, evidence, asked, GateVerdict.UNKNOWN, message)
    reach = _reach(found, evidence, asked)
    message = (
        f"the scores' rank correlation is {found.value:.3f} ± {reach:.3f}, at least {bound:.3f} is {_by(expected)}"
    )
    fails = _is_varied(evidence, asked) and found.value + reach < bound
    return _result(Gate.RANK_CORRELATION, evidence, asked, _verdict(fails, is_enough and found.value >= bound), message)


def _most_psi(expected: Expected) -> float:
    return max(expected.score_psi + PSI_ABOVE_EXPECTED, expected.score_psi_most or 0.0)


def _least_rank(expected: Expected) -> float:
    """No further below what is expected than the fixed allowance, or than stretches of time wandered."""
    fixed = expected.rank_correlation - RANK_BELOW_EXPECTED
    if expected.rank_correlation_least is None:
        return fixed
    return min(fixed, max(expected.rank_correlation_least, LEAST_OF_THE_ORDER * expected.rank_correlation))


def _is_varied(evidence: PairedEvidence, asked: Gates) -> bool:
    """Whether there are enough different rows to speak against a version: a probe's one, or a few customers who are
    scored again and again, lie beside the edge of a bin by chance."""
    return evidence.different >= asked.min_pairs


def _reach(found: Estimate, evidence: PairedEvidence, asked: Gates) -> float:
    return found.deviation * margin(max(evidence.different, 1), asked.min_pairs)


def _result(gate: Gate, evidence: PairedEvidence, asked: Gates, verdict: GateVerdict, message: str) -> GateResult:
    figures: dict[str, float] = {"pairs": evidence.pairs, "different": evidence.different}
    told = f"{message} ({evidence.different} different rows)"
    if verdict is GateVerdict.UNKNOWN and not _is_varied(evidence, asked):
        told = (
            f"{message}, by {evidence.different} different rows alone: they do not pass it, and are too few to fail it"
        )
    return GateResult(gate, verdict, told, figures)


def _too_few(gate: Gate, evidence: PairedEvidence) -> GateResult:
    return GateResult(gate, GateVerdict.UNKNOWN, "too few pairs", {"pairs": evidence.pairs})


def _verdict(fails: bool, holds: bool) -> GateVerdict:
    if fails:
        return GateVerdict.FAIL
    return GateVerdict.PASS if holds else GateVerdict.UNKNOWN


def _by(expected: Expected | None) -> str:
    return "asked for" if expected is None else "expected from training's comparison"
