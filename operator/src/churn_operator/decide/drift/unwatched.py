"""Evidence where no sidecar runs: nothing is known, and the reason is told in place of that."""

from dataclasses import replace

from churn_operator.decide.drift.evidence import DriftEvidence, Signal, SignalState
from churn_operator.decide.gates.judgement import GateVerdict


def unwatched(revision: str, digest: str, why: str, since: str) -> DriftEvidence:
    """Of a revision of which nothing was heard yet, as far as is known since then."""
    signals = tuple(SignalState(signal, GateVerdict.UNKNOWN, since, why) for signal in Signal)
    return DriftEvidence(digest, revision, signals, is_heard=False)


def because(evidence: DriftEvidence, why: str, since: str) -> DriftEvidence:
    """The same; what is unknown is so for this reason, where there is one, and since then, where no time is known.

    What was known until now stays until it is too old.
    """
    signals = (
        replace(one, message=why or one.message, since=one.since or since)
        if one.verdict is GateVerdict.UNKNOWN
        else one
        for one in map(evidence.of, Signal)
    )
    return replace(evidence, signals=tuple(signals))
