"""spec.stream: which bundle scores the topic, and what the status says of the workers. No rule of the chain: it rolls
nothing out, and is no part of Ready.

Workers follow what serves: a version comes to them once the servers' canary, or serve gate, has let it pass, in the
image that it has passed in. It comes to one of them first, which `stream_gate` compares with the others; then these
follow by themselves, one after the other, each only when the one before is ready.
"""

from churn_operator.api.status import ConditionType, Reason, StreamStatus
from churn_operator.decide.credential_hosts import allows, denied_store, why_denied
from churn_operator.decide.fact import Fact
from churn_operator.decide.facts import Facts
from churn_operator.decide.lasting import is_comparing_workers
from churn_operator.decide.observed import Observed
from churn_operator.decide.scores_by import scores_by
from churn_operator.decide.stream_course import is_held_back
from churn_operator.decide.stream_gate import StreamGate, judge_first_worker
from churn_operator.decide.verdict import Verdict
from churn_operator.names import Component
from churn_operator.observe.record import Record
from churn_operator.observe.stream import StreamWorkers
from churn_operator.observe.write_result import WriteResult

_MESSAGE = 1024


def scores_stream(observed: Observed, facts: Facts, verdict: Verdict) -> Record | None:
    """The stable revision; None without spec.stream, without a stable revision, or while its record is lost.

    Held while the model is paused, like all that rolls, and while its credentials must not be sent; workers that are
    there go on.
    """
    spec = observed.model.spec
    if spec.stream is None or _denied_credentials(observed) or (spec.paused and observed.stream):
        return None
    return scores_by(facts, verdict)


def _denied_credentials(observed: Observed) -> tuple[Reason, str] | None:
    """Why those for the brokers, or for the state store, must not be sent; None where nothing is in the way."""
    stream, allowed = observed.model.spec.stream, observed.credential_hosts
    if stream is None:
        return None
    denied = next((host for host in stream.hosts if not allows(host, allowed)), None)
    if stream.credentials_secret and denied:
        return Reason.BROKERS_NOT_ALLOWED, why_denied("stream", denied, allowed)
    why = denied_store("stream", stream.state, allowed)
    return (Reason.STATE_STORE_NOT_ALLOWED, why) if why else None


def stream_status(observed: Observed) -> StreamStatus | None:
    """None without spec.stream, and before there are workers."""
    workers = observed.stream
    if observed.model.spec.stream is None or workers is None:
        return None
    message = _held_back(workers) or (None if workers.rolled_out else _trouble(observed, workers))
    return StreamStatus(
        version=workers.version,
        digest=workers.digest,
        replicas=workers.wanted,
        ready=workers.ready,
        updated=workers.updated,
        message=message[:_MESSAGE] if message else None,
    )


def stream_fact(observed: Observed, facts: Facts, written: WriteResult) -> Fact | None:
    """Whether every worker is ready with the stable version; None without spec.stream."""
    if observed.model.spec.stream is None:
        return None
    kind, workers = ConditionType.STREAM_READY, observed.stream
    if denied_host := _denied_credentials(observed):
        reason, why = denied_host
        return Fact(kind, False, reason, f"{why}; {_meanwhile(workers)}")
    if denied := written.apart.get(Component.STREAM):
        return Fact(kind, False, denied.reason, denied.message)
    return _none_yet(facts) if workers is None else _as_far_as(observed, workers, facts)


def _meanwhile(workers: StreamWorkers | None) -> str:
    return f"the workers go on as they are, with version {workers.version}" if workers else "no worker is made"


def _none_yet(facts: Facts) -> Fact:
    if facts.stable is None:
        return Fact(
            ConditionType.STREAM_READY, False, Reason.NOTHING_TO_SERVE, "there is no stable version to score by"
        )
    return Fact(ConditionType.STREAM_READY, False, Reason.WORKERS_NOT_READY, "no worker is there yet")


def _as_far_as(observed: Observed, workers: StreamWorkers, facts: Facts) -> Fact:
    kind = ConditionType.STREAM_READY
    text = f"{workers.updated} of {workers.wanted} workers are ready with version {workers.version}"
    if workers.rolled_out and facts.stable is None:
        return Fact(kind, None, Reason.REVISION_UNKNOWN, f"{text}; nothing tells whether that is the stable one")
    if workers.rolled_out and facts.stable and workers.revision == facts.stable.identifier:
        return Fact(kind, True, Reason.WORKERS_READY, text)
    if facts.stable and is_held_back(observed, workers, facts.stable.identifier):
        return Fact(kind, False, _reason_held(workers), f"{text}; {_held_back(workers)}")
    trouble = _trouble(observed, workers)
    return Fact(kind, False, _reason(observed, workers), f"{text}; {trouble}" if trouble else text)


def _trouble(observed: Observed, workers: StreamWorkers) -> str | None:
    if gate := _gate(observed, workers):
        return "; ".join(filter(None, (gate.message, workers.pending)))
    if workers.failure:
        return workers.failure.message
    return workers.pending or ("a single worker is compared with no other" if workers.wanted == 1 else None)


def _reason(observed: Observed, workers: StreamWorkers) -> Reason:
    if gate := _gate(observed, workers):
        return gate.reason
    if workers.failure:
        return workers.failure.reason
    return Reason.PODS_PENDING if workers.pending else Reason.WORKERS_NOT_READY


def _gate(observed: Observed, workers: StreamWorkers) -> StreamGate | None:
    return judge_first_worker(workers, observed.now) if is_comparing_workers(observed) else None


def _held_back(workers: StreamWorkers) -> str | None:
    held = workers.roll.held_back
    if held is None:
        return None
    return f"version {held.version} is held back, and spec.rollout.retry has it tried again: {held.message}"


def _reason_held(workers: StreamWorkers) -> Reason:
    """Another version of the operator may have written it."""
    held = workers.roll.held_back
    return Reason(held.reason) if held and held.reason in set(Reason) else Reason.SERVES_WORSE
