"""What is recorded before acting: decisions that matter to a person, and what people have done since the last one.

`reconcile` appends it to the audit chain, then acts. A template that is applied once more, or a child that is put
back, is no decision. What is on record already is not recorded again, whoever leads now.
"""

from collections.abc import Iterator
from dataclasses import replace

from churn_operator.api.status import State
from churn_operator.audit.entry import Deed, Entry, Kind
from churn_operator.audit.rollout import Rollout
from churn_operator.decide.actions import Hold, Promote, Quarantine, Reject, Shift, Try
from churn_operator.decide.alias import alias_moves
from churn_operator.decide.evidence import evidence_of
from churn_operator.decide.external import external
from churn_operator.decide.facts import Facts, same
from churn_operator.decide.loop_decisions import loop_decisions
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.outcomes import superseded
from churn_operator.decide.plan import Plan, begins_anew
from churn_operator.decide.verdict import Verdict
from churn_operator.fingerprint import fingerprint
from churn_operator.observe.record import Record

_MESSAGE = 1024


def intend(observed: Observed, facts: Facts, verdict: Verdict, plan: Plan) -> tuple[Entry, ...]:
    """In the order in which they are appended, all at once."""
    memory, evidence = observed.memory, evidence_of(observed, facts, verdict)
    known = memory.latest | memory.begun.keys()
    decided = [
        *_training(observed, plan),
        *_fates(observed, verdict),
        *_shift(facts, verdict),
        *_rollout(observed, facts, verdict, plan),
        *_stream(observed, plan),
        *loop_decisions(observed, facts, verdict),
        *_aliases(observed, facts, verdict),
    ]
    decisions = [entry for entry in decided if entry.key not in known]
    if (rollout := verdict.action.rollout) is not None:
        # Known by its key already, it is a change of what is tried all the same.
        decisions = decisions or [_shifted(Deed.SHIFTED, rollout, verdict.message)]
        decisions[-1] = replace(decisions[-1], rollout=rollout.to_data())
    told = [*external(observed, facts, decisions), *decisions]
    closed = [_with_end(observed, verdict, entry) for entry in superseded(observed, facts, plan)]
    return (*closed, *(replace(entry, evidence=evidence) for entry in told))


def _with_end(observed: Observed, verdict: Verdict, closed: Entry) -> Entry:
    """A rollout that was begun, and never acted on, is over with its decision."""
    last = observed.memory.rollout
    is_its = last is not None and last.lasts and last.revision == closed.revision
    if last is None or not is_its or closed.action != Deed.ROLLOUT_BEGUN or verdict.action.rollout:
        return closed
    return replace(closed, rollout=last.ended(observed.now, "something else is wanted").to_data())


def _training(observed: Observed, plan: Plan) -> Iterator[Entry]:
    spec = observed.model.spec
    if not plan.train or observed.training is not None or spec.training is None:
        return
    asked = [part.model_dump(mode="json", exclude_none=True) for part in (spec.training, spec.pod) if part]
    key = f"{Deed.TRAINING_STARTED} {fingerprint(asked)}"
    yield Entry(Kind.DECISION, Deed.TRAINING_STARTED, key, "", "MLflow has no version, and spec.training says how")


def _fates(observed: Observed, verdict: Verdict) -> Iterator[Entry]:
    action, token = verdict.action, observed.model.spec.rollout.retry or ""
    if isinstance(action, Promote):
        yield _decision(Deed.PROMOTED, action.run, "", "every pod serves it")
    if isinstance(action, Reject | Quarantine):
        bad = action.rejected
        # With nothing to go back to it goes on trying, and may fail in other ways.
        if not bad.was_rejected or bad.retry != token:
            yield _decision(Deed.REJECTED, bad, token, f"{verdict.reason}: {verdict.message}")


def _shift(facts: Facts, verdict: Verdict) -> Iterator[Entry]:
    """What is tried comes to another phase or step; or a person is told of it, or of what waits to be, once."""
    action = verdict.action
    if isinstance(action, Shift):
        yield _shifted(action.deed, action.rollout, verdict.message)
    elif verdict.tells and facts.trial:
        yield _shifted(verdict.tells, facts.trial.rollout, verdict.message)
    elif verdict.tells and facts.wanted:
        yield _decision(verdict.tells, facts.wanted, "", verdict.message)


def _shifted(deed: Deed, rollout: Rollout, message: str) -> Entry:
    key = f"{deed} {rollout.revision} {rollout.generation}"
    return Entry(Kind.DECISION, deed, key, rollout.version, message[:_MESSAGE], rollout.revision)


def _rollout(observed: Observed, facts: Facts, verdict: Verdict, plan: Plan) -> Iterator[Entry]:
    action, token = verdict.action, observed.model.spec.rollout.retry or ""
    if isinstance(action, Try):
        lifted = action.run.was_rejected and begins_anew(action.run, token)
        if action.rollout or lifted or not _is_begun(observed, action.run):
            yield _decision(Deed.ROLLOUT_BEGUN, action.run, token, _cause(observed, facts, action.run, lifted))
    elif plan.run and not isinstance(action, Promote | Hold | Shift) and _goes_back(observed, facts, plan, plan.run):
        is_bad = verdict.state is State.REJECTED
        message = f"it comes back: {verdict.message}" if is_bad else verdict.message
        yield _decision(Deed.ROLLED_BACK, plan.run, "", message)


def _stream(observed: Observed, plan: Plan) -> Iterator[Entry]:
    held, workers = plan.stream_roll.held_back, observed.stream
    if held and workers and held != workers.roll.held_back:
        key = f"{Deed.STREAM_HELD_BACK} {held.revision} {held.retry}".strip()
        yield Entry(Kind.DECISION, Deed.STREAM_HELD_BACK, key, held.version, held.message[:_MESSAGE], held.revision)


def _aliases(observed: Observed, facts: Facts, verdict: Verdict) -> Iterator[Entry]:
    for move in alias_moves(observed, facts, verdict):
        yield _decision(move.deed, move.record, move.over, move.why)


def _decision(deed: Deed, record: Record, token: str, message: str) -> Entry:
    key = f"{deed} {record.identifier} {token}".strip()
    return Entry(Kind.DECISION, deed, key, record.bundle.version, message[:_MESSAGE], record.identifier)


def _is_begun(observed: Observed, record: Record) -> bool:
    """A distributed one begins with its members, one that was tried in the stable pods before its own come."""
    last = observed.memory.rollout
    if last and last.lasts and last.revision == record.identifier:
        return True
    return observed.is_deployed(record) or record.identifier in observed.members


def _goes_back(observed: Observed, facts: Facts, plan: Plan, run: Record) -> bool:
    """The Deployment names another revision, or members of a candidate go before it ever did."""
    if observed.deployed is None:
        return False
    candidate = facts.candidate
    given_up = candidate is not None and not same(candidate, run) and candidate.identifier not in plan.kept
    given_up = given_up and candidate is not None and candidate.configuration.fan_out is not None
    return given_up or observed.deployed.revision != run.identifier


def _cause(observed: Observed, facts: Facts, run: Record, lifted: bool) -> str:
    source, target = observed.model.spec.model, observed.target
    if lifted:
        return "spec.rollout.retry asks for it again"
    if facts.stable and facts.stable.bundle.digest == run.bundle.digest:
        return "its configuration is another one"
    if source.version:
        return "spec.model.version names it"
    if isinstance(target, Target) and target.first_champion:
        return "it is the challenger of a model without a champion"
    return f"the alias {source.alias or 'champion'} names it"
