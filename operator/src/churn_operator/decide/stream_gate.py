"""The serve gate of the stream: the first worker of a new version beside the others, by what they say at /state.

`stream_course` acts on it, the status tells it. A worker that is silent or not ready holds it; what crashes, answers
slowly or makes dead letters where the others do not is found worse.
"""

from dataclasses import dataclass
from enum import StrEnum

from churn_operator.api.status import Reason
from churn_operator.decide.facts import is_bad_enough
from churn_operator.decide.gate_reason import gate_reason
from churn_operator.decide.gates.judgement import GateVerdict, Judgement
from churn_operator.decide.gates.serve import LEAST_ANSWERS, ServeEvidence, judge_serving, serve_evidence
from churn_operator.observe.late import seconds_between
from churn_operator.observe.stream import StreamWorkers

_QUIET_SECONDS = 10.0
"""How long it has to be ready, whatever it says: it has its partitions within seconds; no client has to find it."""
_LONGEST_SECONDS = 300.0
"""How long it is ready before too few messages let the others follow: a topic may have none for a day."""


class GateStep(StrEnum):
    """What becomes of the others."""

    WAITS = "Waits"  # they stay as they are
    PASSES = "Passes"  # they follow
    FAILS = "Fails"  # the first one comes back to them


@dataclass(frozen=True)
class StreamGate:
    """What is found, and why."""

    step: GateStep
    message: str
    reason: Reason = Reason.SERVE_GATE


def judge_first_worker(workers: StreamWorkers, now: str) -> StreamGate:
    """Of workers that are compared."""
    if workers.wanted <= 1:
        return StreamGate(GateStep.PASSES, "there is no other worker to compare with")
    evidence, seconds = _evidence(workers), _seconds_ready(workers, now)
    found = judge_serving(evidence)
    return _worse(workers, found) or _too_early(workers, seconds) or _after(workers, evidence, found, seconds or 0.0)


def _worse(workers: StreamWorkers, found: Judgement) -> StreamGate | None:
    """By its figures, or because it ends again and again, which the others do not."""
    if found.verdict is GateVerdict.FAIL:
        return _fails(workers, gate_reason(found), f"messages counted as requests, {found.message}")
    bad = workers.failure
    if bad and not workers.others_failure and is_bad_enough(bad):
        return _fails(workers, bad.reason, bad.message)
    return None


def _too_early(workers: StreamWorkers, seconds: float | None) -> StreamGate | None:
    if seconds is None:
        return _waits(workers, "to be ready")
    if seconds < _QUIET_SECONDS:
        return _waits(workers, f"until it has been ready for {_QUIET_SECONDS:.0f} s")
    return None


def _after(workers: StreamWorkers, evidence: ServeEvidence, found: Judgement, seconds: float) -> StreamGate:
    if found.verdict is GateVerdict.PASS:
        return StreamGate(GateStep.PASSES, f"the first worker is as good as the others: {found.message}")
    if not any(pod.ready for pod in workers.others):
        return StreamGate(GateStep.PASSES, "no other worker is ready to be compared with")
    so_far = f"it has told of {evidence.new.answers}, the others of {evidence.old.answers}"
    if seconds >= _LONGEST_SECONDS:
        return StreamGate(GateStep.PASSES, f"too few messages to compare ({so_far}), and nothing against it")
    return _waits(workers, f"for {LEAST_ANSWERS} messages of old and new, {_LONGEST_SECONDS:.0f} s at most: {so_far}")


def _evidence(workers: StreamWorkers) -> ServeEvidence:
    """Of the same minutes: all of what has begun since this operator looked, of others what they did since."""
    new = [(pod.said_before(workers.looked_since), pod.state) for pod in workers.first if pod.state]
    old = [(pod.first, pod.state) for pod in workers.others if pod.state]
    return serve_evidence(new, old)


def _seconds_ready(workers: StreamWorkers, now: str) -> float | None:
    """Of the first worker, as far as this operator has seen it; None: it is not."""
    since = [max(pod.ready_since, workers.looked_since) for pod in workers.first if pod.ready]
    return max((seconds_between(one, now) for one in since), default=None)


def _fails(workers: StreamWorkers, reason: Reason, why: str) -> StreamGate:
    return StreamGate(GateStep.FAILS, f"the first worker with version {workers.version}: {why}", reason)


def _waits(workers: StreamWorkers, what: str) -> StreamGate:
    return StreamGate(GateStep.WAITS, f"the first worker with version {workers.version} waits {what}")
