"""What Jobs and people have done about the loop since the last record: `external` records it, as found."""

from collections.abc import Iterator, Sequence

from churn_operator.audit.entry import Deed, Entry, Kind
from churn_operator.audit.loop import HOLD
from churn_operator.decide.observed import Observed
from churn_operator.observe.late import seconds_between
from churn_operator.observe.training import TrainingJob

_MESSAGE = 1024
_GONE_SECONDS = 120.0
"""A Job that was made is seen by then."""
_BAD_DATA, _NO_BETTER, _NOT_GOOD = 2, 3, 5
"""Exit codes of `churn_training`: refused data, a champion that the gate kept, a missed bound of the ensemble."""


def loop_external(observed: Observed, decisions: Sequence[Entry]) -> Iterator[Entry]:
    """The end of the retraining that is open, and a yes to what waits for one."""
    yield from _retraining(observed)
    yield from _approval(observed, decisions)


def _retraining(observed: Observed) -> Iterator[Entry]:
    found, begun = observed.memory.loop.open_retraining, {one.action for one in observed.memory.begun.values()}
    if found is None or Deed.RETRAINING_STARTED in begun:
        return
    job, name = observed.retrainings.get(found.occasion.name), found.occasion.name
    if job is None and seconds_between(found.begun, observed.now) >= _GONE_SECONDS:
        yield _external(Deed.RETRAINING_FAILED, name, "its Job is gone, and nobody knows how it ended")
    elif job is not None and job.finished:
        yield _external(_deed(job), name, job.message or "its Job has made a version")


def _deed(job: TrainingJob) -> Deed:
    if not job.failed:
        return Deed.RETRAINED
    known = {_BAD_DATA: Deed.DATA_REJECTED, _NO_BETTER: Deed.CHAMPION_KEPT, _NOT_GOOD: Deed.FLOOR_MISSED}
    return known.get(job.exit_code or 1, Deed.RETRAINING_FAILED)


def _approval(observed: Observed, decisions: Sequence[Entry]) -> Iterator[Entry]:
    """Recorded with what it lets begin; a yes after bad challengers lets nothing begin by itself."""
    approved = observed.model.spec.loop.approve
    waiting = {one.name for one in observed.memory.loop.suggested}
    if approved is None or approved not in waiting:
        return
    asked_for = {one.key.split()[-1] for one in decisions if one.action != Deed.SUGGESTED}
    acted = {one.action for one in decisions} & {Deed.REJECTED}
    if approved.startswith(HOLD) or approved in asked_for or acted:
        yield _external(Deed.LOOP_APPROVED, approved, f"spec.loop.approve is {approved}")


def _external(deed: Deed, name: str, message: str) -> Entry:
    return Entry(Kind.EXTERNAL, deed, f"{deed} {name}", "", message[:_MESSAGE])
