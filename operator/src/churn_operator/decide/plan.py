"""What a verdict means for the children: which records are written, and which revision's pods run now.

Members of a distributed revision come up before its serving pods and go after the last of them.
"""

from dataclasses import dataclass, field, replace

from churn_models.traffic import Traffic

from churn_operator.audit.entry import Deed
from churn_operator.audit.loop import Retraining
from churn_operator.audit.rollout import Rollout
from churn_operator.decide.actions import Hold, Promote, Quarantine, Reject, Retrain, Search, Shift, Train, Try
from churn_operator.decide.batch import denied_tables, scores_tables
from churn_operator.decide.facts import Facts
from churn_operator.decide.freeze import unfit_spans
from churn_operator.decide.member_facts import members_are_up
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.serve_gate import is_gate_closed
from churn_operator.decide.stream import scores_stream
from churn_operator.decide.stream_course import stream_course
from churn_operator.decide.traffic import TrafficWord, traffic_word
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Fate, Record
from churn_operator.observe.stream_reach import StreamReach
from churn_operator.observe.stream_roll import StreamRoll

_KEPT_RECORDS = 13
"""As many as status.history has entries, and three more."""

_LEDGER = 1000
"""Versions in the ledger: 80 bytes each, of the 256 KiB that annotations may have."""

_MESSAGE = 1024


@dataclass(frozen=True)
class Plan:
    """Which children there shall be."""

    records: tuple[Record, ...] = ()
    """With their fates after this verdict; those that are not here are removed."""
    run: Record | None = None
    """The revision that shall run; None: nothing of serving is made or changed."""
    serving: Record | None = None
    """The one that the serving Deployment names now; None: it is left as it is, or not made yet."""
    stops_rollout: bool = False
    """The serving Deployment is paused."""
    verifier: Record | None = None
    """The revision that a pod beside the stable ones loads and checks, and whose table it offers to them."""
    traffic: TrafficWord = field(default_factory=lambda: TrafficWord(Traffic(generation=0)))
    """What is said to the serving pods."""
    rollout: Rollout | None = None
    """What is tried once this is on record; None: nothing ever was."""
    members: tuple[Record, ...] = ()
    """The distributed ones whose members run."""
    kept: frozenset[str] = frozenset()
    """Revisions whose members must not be removed."""
    search: bool = False
    train: bool = False
    retraining: Retraining | None = None
    """Whose Job has to be made."""
    unfit: tuple[tuple[str, str], ...] = ()
    """From when to when the rows that came in were broken, oldest first."""
    batch: Record | None = None
    """The revision whose bundle scores tables; None: the CronJob is not made."""
    keeps_batch: bool = False
    """A CronJob that is there stays as it is."""
    stream: Record | None = None
    """The revision whose bundle scores the topic; None: no workers are made or changed."""
    stream_roll: StreamRoll = field(default_factory=StreamRoll)
    """How it comes to workers that are there."""
    stream_reach: StreamReach = field(default_factory=StreamReach)
    """Where workers that are there go."""
    keeps_stream: bool = False
    """Workers that are there go on."""
    has_keda: bool = False
    """KEDA may be asked to scale them."""
    ledger: dict[str, str] = field(default_factory=dict)
    """Digests by version of records that are not kept."""
    segment: int = 0
    """Of the audit chain, the last."""


def make_plan(observed: Observed, facts: Facts, verdict: Verdict) -> Plan:
    """From the verdict's action; the same for the same observation."""
    action = verdict.action
    run, in_use = action.run, _in_use(observed)
    serving = run
    if serving and serving.identifier not in in_use and not members_are_up(observed, serving):
        serving = facts.running
    kept = in_use | ({run.identifier} if run else set())
    if observed.model.spec.paused or not isinstance(observed.target, Target):
        # Held as it is; or MLflow does not say what is wanted, and members that are starting may be.
        kept |= observed.members.keys()
    known = _with_fates(observed, facts, verdict)
    rollout = rollout_after(observed, facts, verdict)
    verifier = rollout.revision if rollout and rollout.phase.is_in_stable_pods else ""
    records, ledger = _prune(observed, facts, known, kept | _tried(rollout) | _of_the_stream(observed))
    course = stream_course(observed, scores_stream(observed, facts, verdict))
    return Plan(
        records=records,
        run=known.get(run.identifier) if run else None,
        serving=known.get(serving.identifier) if serving else None,
        stops_rollout=_stops(observed, verdict, rollout),
        verifier=known.get(verifier),
        traffic=traffic_word(observed, rollout, _is_scarce(observed, facts, verdict)),
        rollout=rollout,
        members=tuple(known[name] for name in sorted(kept) if name in known and known[name].configuration.fan_out),
        kept=frozenset(kept),
        search=isinstance(action, Search),
        train=isinstance(action, Train),
        retraining=_retraining(observed, verdict),
        unfit=unfit_spans(observed),
        batch=scores_tables(observed, facts, verdict),
        keeps_batch=observed.model.spec.batch is not None and denied_tables(observed) is None,
        stream=course.record,
        stream_roll=course.roll,
        stream_reach=observed.stream.reach if observed.stream else StreamReach(),
        keeps_stream=observed.model.spec.stream is not None,
        has_keda=observed.has_keda,
        ledger=ledger,
        segment=observed.segment,
    )


def _retraining(observed: Observed, verdict: Verdict) -> Retraining | None:
    """What has just been decided, or was before and is not known as done: whoever decided it may have ended then."""
    if isinstance(verdict.action, Retrain):
        return Retraining(verdict.action.occasion, observed.now)
    begun = {one.action for one in observed.memory.begun.values()}
    return observed.memory.loop.open_retraining if Deed.RETRAINING_STARTED in begun else None


def rollout_after(observed: Observed, facts: Facts, verdict: Verdict) -> Rollout | None:
    """What is tried once the verdict is on record; what was tried last, where nothing is."""
    return verdict.action.rollout or (facts.trial.rollout if facts.trial else observed.memory.rollout)


def _stops(observed: Observed, verdict: Verdict, rollout: Rollout | None) -> bool:
    """The user holds a rollout, or its first new pod has to be judged before others follow."""
    action = verdict.action
    if isinstance(action, Hold):
        return action.stops_rollout
    return _runs_what_is_tried(verdict, rollout) and is_gate_closed(observed, rollout)


def _runs_what_is_tried(verdict: Verdict, rollout: Rollout | None) -> bool:
    run = verdict.action.run
    return run is not None and rollout is not None and run.identifier == rollout.revision


def _is_scarce(observed: Observed, facts: Facts, verdict: Verdict) -> bool:
    trial = facts.trial
    return trial is not None and verdict.action.rollout is None and trial.waits_for_pairs(observed)


def _tried(rollout: Rollout | None) -> set[str]:
    return {rollout.revision, rollout.previous} if rollout and rollout.lasts else set()


def _of_the_stream(observed: Observed) -> set[str]:
    """What its workers come from, or go back to."""
    workers = observed.stream
    return {workers.revision, workers.roll.compared_with} if workers else set()


def _in_use(observed: Observed) -> set[str]:
    named = {observed.deployed.revision} if observed.deployed else set()
    return named | observed.answering


def _with_fates(observed: Observed, facts: Facts, verdict: Verdict) -> dict[str, Record]:
    known = {**observed.records}
    tried = facts.trial.tried if facts.trial else None
    for record in (facts.running, tried, verdict.action.run, _decided(observed, verdict)):
        if record:
            known[record.identifier] = record
    return known


def _decided(observed: Observed, verdict: Verdict) -> Record | None:
    """The record whose fate the action decides, with that fate; None where it decides none."""
    action, since, token = verdict.action, observed.now, observed.model.spec.rollout.retry or ""
    if isinstance(action, Promote):
        return replace(action.run, fate=Fate.SERVED, since=since, retry=token, reason="", message="")
    if isinstance(action, Reject | Quarantine):
        fate = Fate.QUARANTINED if isinstance(action, Quarantine) else Fate.FAULTY
        reason, message = verdict.reason.value, verdict.message[:_MESSAGE]
        return replace(action.rejected, fate=fate, since=since, retry=token, reason=reason, message=message)
    tried = action.run if isinstance(action, Try) else action.tried if isinstance(action, Shift) else None
    if tried and begins_anew(tried, token):
        return replace(tried, fate=Fate.NEW, since=since, retry=token, reason="", message="")
    return None


def begins_anew(record: Record, token: str) -> bool:
    """Whether it was never tried, or a person wants it tried again."""
    return not record.name or (record.was_rejected and bool(token) and token != record.retry)


def _prune(
    observed: Observed, facts: Facts, known: dict[str, Record], kept: set[str]
) -> tuple[tuple[Record, ...], dict[str, str]]:
    newest = sorted(known.values(), key=_age, reverse=True)
    needed = kept | {one.identifier for one in (facts.stable, facts.previous, facts.wanted) if one}
    stay = {one.identifier for one in newest[:_KEPT_RECORDS]} | needed
    gone = {one.bundle.version: one.bundle.digest for one in newest if one.identifier not in stay}
    recorded = {one.bundle.version for one in known.values() if one.identifier in stay}
    ledger = {version: digest for version, digest in (observed.ledger | gone).items() if version not in recorded}
    latest = sorted(ledger, key=int, reverse=True)[:_LEDGER]
    return (
        tuple(known[name] for name in sorted(known) if name in stay),
        {version: ledger[version] for version in sorted(latest, key=int)},
    )


def _age(record: Record) -> tuple[bool, str, int]:
    """The newest is the greatest; one that is not written yet is newer than all others."""
    return not record.created, record.created, int(record.bundle.version)
