"""The conditions of a ChurnModel: each one a fact with its reason, and Ready computed from all others.

Tools read them: kstatus (kubectl wait, Flux) takes Reconciling for "in progress" and Stalled for "failed", and looks at
Ready after that. So at most one of the first two is True, and Ready is not True beside either.
"""

from churn_operator.api.churn_model import Resource
from churn_operator.api.status import Condition, ConditionType, Reason, State
from churn_operator.audit.rollout import Wisher
from churn_operator.decide.batch import batch_fact
from churn_operator.decide.fact import Fact
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.loop_health import loop_facts
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.stream import stream_fact
from churn_operator.decide.target import follows_champion
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.write_result import WriteResult

_MESSAGE = 1024

_BESIDE = frozenset({State.VERIFYING, State.SHADOWING, State.CANARY})

IN_PROGRESS = _BESIDE | {
    State.TRAINING,
    State.WAITING,
    State.ROLLING_OUT,
    State.DEGRADED,
    State.PROMOTING,
    State.ROLLING_BACK,
}
"""States that may pass by themselves."""

STALLED = frozenset({State.TRAINING_FAILED, State.REJECTED, State.SAFE_MODE})
"""States that pass when somebody changes something."""

_UNANSWERED = (Reason.REGISTRY_UNREACHABLE, Reason.REGISTRY_ERROR)
_NOTHING_WRONG = "nothing is in the way"


def conditions_of(observed: Observed, facts: Facts, verdict: Verdict, written: WriteResult) -> list[Condition]:
    """All conditions; their times move only where their status changes."""
    stalled = _stalled(observed, verdict, written)
    others = [
        _available(observed, facts, written),
        _reconciling(facts, verdict, bool(stalled.holds)),
        stalled,
        _verified(observed),
        _paused(observed),
        _synced(written),
        _owned(written),
        _alias(observed, written),
    ]
    ready = _ready(facts, verdict, others)
    apart = [batch_fact(observed, facts, written), stream_fact(observed, facts, written)]
    told = [ready, *others, *loop_facts(observed, facts), *(fact for fact in apart if fact)]
    return [as_condition(observed.model, observed.now, fact) for fact in told]


def as_condition(model: Resource, now: str, fact: Fact) -> Condition:
    """As the API has it."""
    status = "Unknown" if fact.holds is None else str(fact.holds)
    old = next((condition for condition in model.status.conditions if condition.type == fact.kind), None)
    since = old.last_transition_time if old and old.status == status else now
    return Condition(
        type=fact.kind,
        status=status,
        reason=fact.reason,
        message=fact.message[:_MESSAGE],
        last_transition_time=since,
        observed_generation=model.generation,
    )


def _ready(facts: Facts, verdict: Verdict, others: list[Fact]) -> Fact:
    """False for the first that is in the way, Unknown where availability is; else what serves is what is wanted."""
    by_kind = {fact.kind: fact for fact in others}
    for kind in (ConditionType.STALLED, ConditionType.RECONCILING):
        if by_kind[kind].holds:
            return Fact(ConditionType.READY, False, by_kind[kind].reason, by_kind[kind].message)
    available = by_kind[ConditionType.AVAILABLE]
    if not available.holds:
        return Fact(ConditionType.READY, available.holds, available.reason, available.message)
    if facts.settled is None:
        return Fact(ConditionType.READY, False, verdict.reason, verdict.message)
    bundle = facts.settled.bundle
    message = f"every ready pod serves version {bundle.version}, {bundle.digest}"
    return Fact(ConditionType.READY, True, Reason.SERVING, message)


def _available(observed: Observed, facts: Facts, written: WriteResult) -> Fact:
    kind, seen, ready = ConditionType.AVAILABLE, observed.deployed, observed.ready_pods
    if written.hides_pods:
        return Fact(kind, False, Reason.NAME_CONFLICT, f"not ours: {', '.join(written.conflicts)}")
    if seen is None:
        return Fact(kind, False, Reason.NOTHING_TO_SERVE, "no version has been ready yet")
    text = f"{ready} of {seen.wanted_pods} pods are ready"
    trouble = seen.failure.message if seen.failure else seen.pending
    if trouble and ready < seen.wanted_pods:
        text += f"; {trouble}"
    reason = Reason.PODS_READY
    if seen.failure and same(facts.running, facts.stable) and ready < seen.wanted_pods:
        reason = seen.failure.reason
    return Fact(kind, ready > 0, reason if ready else Reason.PODS_NOT_READY, text)


def _reconciling(facts: Facts, verdict: Verdict, is_stalled: bool) -> Fact:
    # What spec and champion ask for serves while a challenger is tried that nobody has asked for.
    is_tried = verdict.state in _BESIDE or (verdict.state is State.WAITING and facts.trial is not None)
    is_extra = is_tried and facts.by is Wisher.CHALLENGER
    goes_on = verdict.state in IN_PROGRESS and not is_stalled and not is_extra
    return Fact(ConditionType.RECONCILING, goes_on, verdict.reason, verdict.message)


def _stalled(observed: Observed, verdict: Verdict, written: WriteResult) -> Fact:
    kind = ConditionType.STALLED
    if written.denied:
        return Fact(kind, True, written.denied.reason, written.denied.message)
    if written.hides_pods:
        return Fact(kind, True, Reason.NAME_CONFLICT, f"not ours: {', '.join(written.conflicts)}")
    if verdict.state in STALLED:
        return Fact(kind, True, verdict.reason, verdict.message)
    if observed.model.not_understood:
        message = f"counts as not given in spec: {'; '.join(observed.model.not_understood)}"
        return Fact(kind, True, Reason.SPEC_NOT_UNDERSTOOD, message)
    return Fact(kind, False, Reason.ACTIVE, _NOTHING_WRONG)


def _verified(observed: Observed) -> Fact:
    kind, target = ConditionType.ARTIFACT_VERIFIED, observed.target
    if isinstance(target, Target):
        return Fact(kind, True, Reason.VERIFIED, f"version {target.version} is {target.digest}")
    return Fact(kind, None if target.reason in _UNANSWERED else False, target.reason, target.message)


def _paused(observed: Observed) -> Fact:
    if observed.model.spec.paused:
        return Fact(ConditionType.PAUSED, True, Reason.PAUSED, "held")
    return Fact(ConditionType.PAUSED, False, Reason.ACTIVE, "not held")


def _synced(written: WriteResult) -> Fact:
    if denied := written.denied or next(iter(written.apart.values()), None):
        return Fact(ConditionType.SYNCED, False, denied.reason, denied.message)
    return Fact(ConditionType.SYNCED, True, Reason.SYNCED, "nothing was denied")


def _owned(written: WriteResult) -> Fact:
    kind = ConditionType.CHILDREN_OWNED
    if written.conflicts:
        message = f"left alone, because they are not ours: {', '.join(written.conflicts)}"
        return Fact(kind, False, Reason.NAME_CONFLICT, message)
    return Fact(kind, True, Reason.OWNED, "every child is ours")


def _alias(observed: Observed, written: WriteResult) -> Fact:
    source, writer = observed.model.spec.model, observed.alias_writer
    if writer and not observed.writes_aliases and follows_champion(source):
        message = f"ChurnModel {'/'.join(writer)} is older and writes the aliases of {source.name}; this one follows"
        return Fact(ConditionType.ALIAS_SYNCED, False, Reason.ALIAS_CONFLICT, message)
    if written.alias_problem:
        return Fact(ConditionType.ALIAS_SYNCED, False, Reason.ALIAS_NOT_WRITTEN, written.alias_problem)
    return Fact(ConditionType.ALIAS_SYNCED, True, Reason.ALIAS_SYNCED, "no alias is left to write")
