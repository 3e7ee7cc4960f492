"""The gate of faults: scores that a version could not give, or that no user can be given."""

from churn_operator.api.rollout import Gates
from churn_operator.decide.gates.judgement import Gate, GateResult, GateVerdict
from churn_operator.decide.gates.sequential import is_against
from churn_operator.decide.paired_evidence import PairedEvidence, Scored

LEAST_FAULTS = 20
"""Fewer are never held against a version."""


def is_faulty(scored: Scored, allowed: float) -> bool:
    """Whether its faults are more than `allowed` of its requests, by themselves."""
    fails = scored.requests - scored.faults
    return scored.faults >= LEAST_FAULTS and _ratio(scored) > allowed and is_against(allowed, scored.faults, fails)


def are_both_faulty(evidence: PairedEvidence, allowed: float) -> bool:
    """Both by themselves, and what is judged no more than the control on the same requests."""
    judged, control = evidence.judged, evidence.control
    if is_against(0.5, judged.faults, control.faults):
        return False
    return is_faulty(control, allowed) and (evidence.open_breakers > 0 or is_faulty(judged, allowed))


def judge_faults(evidence: PairedEvidence, asked: Gates, is_enough: bool) -> GateResult:
    """FAIL: more faults than asked for, and more than the control on the same requests.

    Both by the sequential test of `log_evidence`: against `maxErrorRatio`, and against one half of all faults of both.
    A pod whose breaker is open has seen 20 faults among 200 and scores no more, so there the first is not waited for.
    """
    judged, control, allowed = evidence.judged, evidence.control, asked.max_error_ratio
    figures: dict[str, float] = {
        "requests": judged.requests,
        "faults": judged.faults,
        "controlFaults": control.faults,
        "openBreakers": evidence.open_breakers,
    }
    ratio, is_worse = _ratio(judged), is_against(0.5, judged.faults, control.faults)
    message = (
        f"{judged.faults} faults in {judged.requests} requests that both scored ({ratio:.2%}, at most {allowed:.2%} is "
        f"asked for), {control} had {control.faults}"
    )
    if is_worse and judged.faults >= LEAST_FAULTS and (evidence.open_breakers or is_faulty(judged, allowed)):
        return GateResult(Gate.FAULTS, GateVerdict.FAIL, message, figures)
    holds = is_enough and not evidence.open_breakers and ratio <= allowed
    return GateResult(Gate.FAULTS, GateVerdict.PASS if holds else GateVerdict.UNKNOWN, message, figures)


def _ratio(scored: Scored) -> float:
    return scored.faults / scored.requests if scored.requests else 0.0
