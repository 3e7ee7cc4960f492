"""The status that follows from what was observed and decided: pure, so that the same facts give the same status."""

from churn_operator.api.churn_model import ChurnModel
from churn_operator.api.status import (
    ChurnModelStatus,
    Condition,
    ConditionType,
    Decision,
    Reason,
    ServedRevision,
    State,
)
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.revision import Revision
from churn_operator.decide.state import Verdict
from churn_operator.names import REST_PORT
from churn_operator.observe.write_result import Denial, WriteResult

_Fact = tuple[ConditionType, bool | None, Reason, str]
"""A condition to be: whether it holds (None: nobody knows), and why."""

_HISTORY = 10
_MESSAGE = 1024


def next_status(observed: Observed, verdict: Verdict, applied: WriteResult) -> ChurnModelStatus:
    """The whole status; times move only where something changed."""
    old, now = observed.model.status, observed.now
    stable = _served(verdict.settled, old.stable, now) if verdict.settled else old.stable
    changed = stable is not None and (old.stable is None or old.stable.revision != stable.revision)
    rolling = verdict.state is State.ROLLING_OUT and verdict.run and not _is(stable, verdict.run)
    rejected = _rejected(verdict, old.rejected, now)
    return ChurnModelStatus(
        observed_generation=observed.model.generation,
        state=State.BLOCKED if applied.denied else verdict.state,
        endpoint=_endpoint(observed.model) if stable else None,
        stable=stable,
        candidate=_served(verdict.run, old.candidate, now) if rolling and verdict.run else None,
        previous=old.stable if changed else old.previous,
        rejected=rejected,
        conditions=_conditions(observed, verdict, stable, applied),
        history=_history(old, stable if changed else None, rejected, verdict, now),
    )


def blocked_status(model: ChurnModel, denial: Denial, now: str) -> ChurnModelStatus:
    """Where not even reading is allowed: what was true is kept, whether it still is nobody knows."""
    facts: list[_Fact] = [
        (ConditionType.READY, None, denial.reason, denial.message),
        (ConditionType.PROGRESSING, False, denial.reason, denial.message),
        (ConditionType.SYNCED, False, denial.reason, denial.message),
    ]
    known = {condition.type: condition for condition in model.status.conditions}
    changed = {str(fact[0]): _condition(model, now, *fact) for fact in facts}
    conditions = [*(known | changed).values()]
    return model.status.model_copy(update={"state": State.BLOCKED, "conditions": conditions})


def _conditions(
    observed: Observed, verdict: Verdict, stable: ServedRevision | None, applied: WriteResult
) -> list[Condition]:
    ready = _ready(observed, verdict, stable)
    paused = verdict.state is State.PAUSED
    facts: list[_Fact] = [
        (ConditionType.READY, *ready),
        (ConditionType.ARTIFACT_VERIFIED, *_verified(observed)),
        (ConditionType.PROGRESSING, *_progress(verdict, applied.denied)),
        (ConditionType.PAUSED, paused, *((Reason.PAUSED, "held") if paused else (Reason.ACTIVE, "not held"))),
        (ConditionType.SYNCED, *_sync(applied.denied)),
        (ConditionType.CHILDREN_OWNED, not applied.conflicts, *_ownership(applied.conflicts)),
    ]
    return [_condition(observed.model, observed.now, *fact) for fact in facts]


def _ready(observed: Observed, verdict: Verdict, stable: ServedRevision | None) -> tuple[bool, Reason, str]:
    if stable is None:
        return False, Reason.NOTHING_TO_SERVE, "no version has been ready yet"
    if verdict.settled is None or not _is(stable, verdict.settled):
        degraded = verdict.state is State.DEGRADED
        return False, verdict.reason if degraded else Reason.ROLLING_OUT, verdict.message
    return True, Reason.SERVING, f"every ready pod serves version {stable.version}, {stable.digest}"


def _progress(verdict: Verdict, denial: Denial | None) -> tuple[bool, Reason, str]:
    if denial:
        return False, denial.reason, denial.message
    return verdict.state in (State.TRAINING, State.ROLLING_OUT), verdict.reason, verdict.message


def _sync(denial: Denial | None) -> tuple[bool, Reason, str]:
    if denial:
        return False, denial.reason, denial.message
    return True, Reason.SYNCED, "nothing was denied"


def _verified(observed: Observed) -> tuple[bool, Reason, str]:
    if isinstance(observed.target, Target):
        return True, Reason.VERIFIED, f"version {observed.target.version} is {observed.target.digest}"
    return False, observed.target.reason, observed.target.message


def _ownership(conflicts: tuple[str, ...]) -> tuple[Reason, str]:
    if conflicts:
        return Reason.NAME_CONFLICT, f"left alone, because they are not ours: {', '.join(conflicts)}"
    return Reason.OWNED, "every child is ours"


def _condition(
    model: ChurnModel, now: str, kind: ConditionType, holds: bool | None, reason: Reason, message: str
) -> Condition:
    status = "Unknown" if holds is None else str(holds)
    old = next((condition for condition in model.status.conditions if condition.type == kind), None)
    since = old.last_transition_time if old and old.status == status else now
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message[:_MESSAGE],
        last_transition_time=since,
        observed_generation=model.generation,
    )


def _rejected(verdict: Verdict, old: ServedRevision | None, now: str) -> ServedRevision | None:
    if verdict.rejected is None:
        return old
    served = _served(verdict.rejected, old, now)
    return served.model_copy(update={"reason": verdict.reason, "message": verdict.message[:_MESSAGE]})


def _served(revision: Revision, old: ServedRevision | None, now: str) -> ServedRevision:
    since = old.since if old and old.revision == revision.identifier else now
    return ServedRevision(version=revision.version, digest=revision.digest, revision=revision.identifier, since=since)


def _history(
    old: ChurnModelStatus,
    promoted: ServedRevision | None,
    rejected: ServedRevision | None,
    verdict: Verdict,
    now: str,
) -> list[Decision]:
    news = []
    if promoted:
        news.append(Decision(time=now, action="Promoted", version=promoted.version, message="every pod serves it"))
    if rejected and (old.rejected is None or old.rejected.revision != rejected.revision):
        message = f"{verdict.reason}: {verdict.message}"[:_MESSAGE]
        news.append(Decision(time=now, action="Rejected", version=rejected.version, message=message))
    return [*news, *old.history][:_HISTORY]


def _is(served: ServedRevision | None, revision: Revision) -> bool:
    return served is not None and served.revision == revision.identifier


def _endpoint(model: ChurnModel) -> str:
    return f"http://{model.name}.{model.namespace}:{REST_PORT}"
