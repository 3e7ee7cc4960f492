"""By which revision the workers of spec.stream shall score now, and how far it may come: what the plan does of it.

A pure function of what the StatefulSet and its pods say, so an operator that takes over goes on where another one was.
"""

from dataclasses import dataclass, field

from churn_operator.api.stream import Stream
from churn_operator.decide.observed import Observed
from churn_operator.decide.stream_gate import GateStep, judge_first_worker
from churn_operator.observe.record import Record
from churn_operator.observe.stream import StreamWorkers
from churn_operator.observe.stream_roll import HeldBack, StreamRoll


@dataclass(frozen=True)
class StreamCourse:
    """What the StatefulSet is to say."""

    record: Record | None = None
    """Whose template; None: no workers are made or changed."""
    roll: StreamRoll = field(default_factory=StreamRoll)


def stream_course(observed: Observed, stable: Record | None) -> StreamCourse:
    """Towards the stable revision; None: there is none, or nothing may be changed."""
    stream, workers = observed.model.spec.stream, observed.stream
    if stream is None or stable is None:
        return StreamCourse()
    if workers is None:
        return StreamCourse(stable)
    if is_held_back(observed, workers, stable.identifier):
        return StreamCourse(observed.records.get(workers.revision), StreamRoll(held_back=workers.roll.held_back))
    if workers.revision != stable.identifier:
        return _begun(observed, stream, workers, stable)
    return _compared(observed, stream, workers, stable) if workers.roll.compared_with else StreamCourse(stable)


def is_held_back(observed: Observed, workers: StreamWorkers, stable: str) -> bool:
    """Whether the workers do not follow to that revision, and nobody has asked for it again."""
    held = workers.roll.held_back
    return held is not None and held.revision == stable and held.retry == (observed.model.spec.rollout.retry or "")


def _begun(observed: Observed, stream: Stream, workers: StreamWorkers, stable: Record) -> StreamCourse:
    """One worker first, where there is a revision to compare it with and to come back to.

    What was rejected meanwhile is no yardstick, and is left at once.
    """
    compared_with = workers.roll.compared_with or workers.revision
    before = observed.records.get(compared_with)
    is_compared = before is not None and not before.was_rejected and compared_with != stable.identifier
    if not is_compared or _wanted(stream, workers) <= 1:
        return StreamCourse(stable)
    return StreamCourse(stable, _at_one(stream, workers, compared_with))


def _compared(observed: Observed, stream: Stream, workers: StreamWorkers, stable: Record) -> StreamCourse:
    found = judge_first_worker(workers, observed.now)
    if found.step is GateStep.PASSES or _wanted(stream, workers) <= 1:
        return StreamCourse(stable)
    before = observed.records.get(workers.roll.compared_with)
    if found.step is GateStep.WAITS or before is None:
        return StreamCourse(stable, _at_one(stream, workers, workers.roll.compared_with))
    retry = observed.model.spec.rollout.retry or ""
    held = HeldBack(stable.identifier, stable.bundle.version, found.reason, found.message, retry)
    return StreamCourse(before, StreamRoll(held_back=held))


def _at_one(stream: Stream, workers: StreamWorkers, compared_with: str) -> StreamRoll:
    """The last ordinal; those that are scaled up meanwhile take the template before this is known."""
    return StreamRoll(compared_with, _wanted(stream, workers) - 1)


def _wanted(stream: Stream, workers: StreamWorkers) -> int:
    return workers.wanted if stream.scaling else stream.replicas or 1
