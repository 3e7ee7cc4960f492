"""The status that follows from what was observed and decided: pure, so that the same facts give the same status.

It is a projection: all of it is computed again from records, the audit chain and pods, but for the times of conditions.
"""

from churn_operator.api.churn_model import ChurnModel, Resource, UnreadableModel
from churn_operator.api.status import ChurnModelStatus, ConditionType, Decision, Reason, ServedRevision, State
from churn_operator.audit.memory import Memory
from churn_operator.audit.rollout import Phase
from churn_operator.decide.actions import Hold
from churn_operator.decide.batch import last_run
from churn_operator.decide.conditions import as_condition, conditions_of
from churn_operator.decide.fact import Fact
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.loop_health import loop_status
from churn_operator.decide.observed import Observed
from churn_operator.decide.plan import Plan
from churn_operator.decide.progress import progress_of, tried_revision
from churn_operator.decide.stream import stream_status
from churn_operator.decide.training_status import training_status
from churn_operator.decide.verdict import Verdict
from churn_operator.names import REST_PORT
from churn_operator.observe.record import Fate, Record
from churn_operator.observe.write_result import Denial, WriteResult

_HISTORY = 10
_TRIED = (Phase.VERIFYING, Phase.SHADOWING, Phase.CANARY, Phase.PROMOTING)
_MESSAGE = 1024


def next_status(
    observed: Observed, facts: Facts, verdict: Verdict, plan: Plan, written: WriteResult
) -> ChurnModelStatus:
    """The whole status; times move only where something changed."""
    old = observed.model.status
    stable, previous = map(_as_served, _served(plan, facts))
    if facts.stable_is_lost and not _promoted(plan, facts):
        stable, previous = old.stable, old.previous
    rejected = _as_rejected(plan)
    blocked = written.denied or written.hides_pods
    return ChurnModelStatus(
        observed_generation=observed.model.generation,
        state=State.BLOCKED if blocked else verdict.state,
        endpoint=_endpoint(observed.model) if stable else None,
        stable=stable,
        candidate=_candidate(observed, verdict, plan),
        previous=previous,
        rejected=rejected,
        rollout=progress_of(observed, facts, verdict, plan),
        training=training_status(observed),
        batch=last_run(observed),
        stream=stream_status(observed),
        loop=loop_status(observed, facts, verdict),
        conditions=conditions_of(observed, facts, verdict, written),
        history=_history(old.history, observed.memory),
    )


def blocked_status(model: ChurnModel, denial: Denial, now: str) -> ChurnModelStatus:
    """Where not even reading is allowed."""
    return _unobserved(model, denial, now, Fact(ConditionType.SYNCED, False, denial.reason, denial.message))


def unreadable_status(model: UnreadableModel, now: str) -> ChurnModelStatus:
    """Where the spec names no model that is understood; its pods go on."""
    message = f"not understood in spec: {'; '.join(model.faults)}"
    return _unobserved(model, Denial(Reason.SPEC_NOT_UNDERSTOOD, message), now)


def _unobserved(model: Resource, why: Denial, now: str, *more: Fact) -> ChurnModelStatus:
    """What was true is kept, whether it still is nobody knows."""
    facts = [
        Fact(ConditionType.READY, None, why.reason, why.message),
        Fact(ConditionType.AVAILABLE, None, why.reason, why.message),
        Fact(ConditionType.RECONCILING, False, why.reason, why.message),
        Fact(ConditionType.STALLED, True, why.reason, why.message),
        *more,
    ]
    known = {condition.type: condition for condition in model.status.conditions}
    changed = {str(fact.kind): as_condition(model, now, fact) for fact in facts}
    return model.status.model_copy(
        update={
            "observed_generation": model.generation,
            "state": State.BLOCKED.value,
            "conditions": [*(known | changed).values()],
        }
    )


def _served(plan: Plan, facts: Facts) -> tuple[Record | None, Record | None]:
    """The stable record and the one before, with the fates that the plan writes."""
    now = {record.identifier: record for record in plan.records}
    stable, previous = facts.stable, facts.previous
    promoted = _promoted(plan, facts)
    if promoted and not same(promoted, stable):
        stable, previous = promoted, stable
    return (now.get(stable.identifier) if stable else None), (now.get(previous.identifier) if previous else None)


def _promoted(plan: Plan, facts: Facts) -> Record | None:
    return plan.run if plan.run and plan.run.fate is Fate.SERVED and same(plan.run, facts.settled) else None


def _candidate(observed: Observed, verdict: Verdict, plan: Plan) -> ServedRevision | None:
    if plan.rollout and plan.rollout.lasts and plan.rollout.phase in _TRIED:
        return tried_revision(observed, plan.rollout)
    action, old = verdict.action, observed.model.status.candidate
    is_held = isinstance(action, Hold) and action.stops_rollout
    if action.run is None or not (verdict.state is State.ROLLING_OUT or is_held):
        return None
    since = old.since if old and old.revision == action.run.identifier else observed.now
    bundle = action.run.bundle
    return ServedRevision(version=bundle.version, digest=bundle.digest, revision=action.run.identifier, since=since)


def _as_served(record: Record | None) -> ServedRevision | None:
    if record is None:
        return None
    bundle = record.bundle
    return ServedRevision(version=bundle.version, digest=bundle.digest, revision=record.identifier, since=record.since)


def _as_rejected(plan: Plan) -> ServedRevision | None:
    bad = [record for record in plan.records if record.was_rejected]
    newest = max(bad, key=lambda record: record.since, default=None)
    told = _as_served(newest)
    if newest is None or told is None:
        return None
    return told.model_copy(update={"reason": newest.reason or None, "message": newest.message[:_MESSAGE] or None})


def _history(old: list[Decision], memory: Memory) -> list[Decision]:
    """The last decisions of the audit chain; below them what the status told before there was one."""
    told = [
        Decision(time=one.time, action=one.action, version=one.version, message=one.message) for one in memory.history
    ]
    if not told:
        return old
    older = [one for one in old if one not in told and one.time <= told[-1].time]
    return [*told, *older][:_HISTORY]


def _endpoint(model: ChurnModel) -> str:
    return f"http://{model.name}.{model.namespace}:{REST_PORT}"
