"""What became of the decisions that are on record: recorded after acting, or when something else is decided first."""

from collections.abc import Iterator

from churn_operator.audit.entry import Deed, Entry, Kind, Result
from churn_operator.audit.memory import Begun
from churn_operator.decide.alias import ALIASES, is_given_up, is_taken
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.plan import Plan
from churn_operator.observe.record import Fate
from churn_operator.observe.write_result import WriteResult

_MESSAGE = 1024
_DONE_WITH_THE_RECORD = frozenset(
    {
        Deed.SHIFTED,
        Deed.PODS_OF_ITS_OWN,
        Deed.SERVE_GATE_PASSED,
        Deed.PROMOTING,
        Deed.PROBATION_ENDED,
        Deed.WITHDRAWN,
        Deed.AWAITS_APPROVAL,
        Deed.TRIAL_WAITS,
        Deed.BOTH_BAD,
        Deed.SAFE_MODE_ENTERED,
        Deed.SAFE_MODE_LEFT,
        Deed.ROLLBACK_ENDED,
        Deed.FROZEN,
        Deed.THAWED,
        Deed.PREVIOUS_RECALLED,
        Deed.SUGGESTED,
        Deed.OBSERVED,
        Deed.CHALLENGER_PASSED_OVER,
        Deed.HARM_ESTIMATED,
        Deed.POD_IS_ODD,
        Deed.SCHEMA_CHANGED,
        Deed.UPSTREAM_BROKEN,
        Deed.MONITOR_BLIND,
        Deed.STREAM_HELD_BACK,
    }
)
"""Weights and pods are functions of what is on record then."""


def superseded(observed: Observed, facts: Facts, plan: Plan) -> Iterator[Entry]:
    """Decisions that were begun, perhaps by an operator that ended then, and are not what is done now."""
    for key, begun in observed.memory.begun.items():
        if not (_is_done_by(plan, observed, begun) or _may_still_be(observed, key, begun)):
            yield _outcome(key, begun, Result.SUPERSEDED)


def outcomes(observed: Observed, facts: Facts, plan: Plan, written: WriteResult) -> tuple[Entry, ...]:
    """Of what has just been done, or begun before; a failure is told once, and tried again."""
    problem = written.denied.message if written.denied else ""
    if written.hides_pods:
        problem = problem or f"foreign objects have the names {', '.join(written.conflicts)}"
    found = []
    for key, begun in observed.memory.begun.items():
        is_alias = begun.action in ALIASES
        done = is_taken(observed, begun, written.aliases) if is_alias else _is_done_by(plan, observed, begun)
        failure = _alias_failure(begun, written) if is_alias else problem
        if (done or is_alias) and failure and not begun.failed:
            found.append(_outcome(key, begun, Result.FAILED, failure))
        elif done and not failure:
            found.append(_outcome(key, begun, Result.APPLIED))
    return tuple(found)


def _is_done_by(plan: Plan, observed: Observed, begun: Begun) -> bool:
    """Whether what is applied now is what was decided; false for a word of another version, too."""
    fates = {record.identifier: record for record in plan.records}
    record = fates.get(begun.revision)
    if begun.action in _DONE_WITH_THE_RECORD:
        return True
    if begun.action == Deed.ROLLOUT_BEGUN and plan.verifier and plan.verifier.identifier == begun.revision:
        return True
    if begun.action in (Deed.ROLLOUT_BEGUN, Deed.ROLLED_BACK):
        return plan.run is not None and plan.run.identifier == begun.revision
    if begun.action == Deed.PROMOTED:
        return record is not None and record.fate is Fate.SERVED
    if begun.action == Deed.REJECTED:
        return record is not None and record.was_rejected
    return _is_training(plan, observed, begun)


def _is_training(plan: Plan, observed: Observed, begun: Begun) -> bool:
    if begun.action == Deed.RETRAINING_STARTED:
        return plan.retraining is not None
    return begun.action == Deed.TRAINING_STARTED and (plan.train or observed.training is not None)


def _may_still_be(observed: Observed, key: str, begun: Begun) -> bool:
    """While MLflow does not say what is wanted, nothing is given up."""
    if begun.action in ALIASES:
        return not is_given_up(observed, key, begun)
    return not isinstance(observed.target, Target) and begun.action != Deed.ROLLED_BACK


def _alias_failure(begun: Begun, written: WriteResult) -> str:
    return "" if ALIASES[begun.action] in written.aliases else written.alias_problem or ""


def _outcome(key: str, begun: Begun, result: Result, message: str = "") -> Entry:
    return Entry(
        Kind.OUTCOME,
        begun.action,
        key,
        begun.version,
        message[:_MESSAGE],
        begun.revision,
        of=begun.sequence,
        result=result,
    )
