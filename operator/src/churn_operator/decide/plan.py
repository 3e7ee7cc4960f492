"""What a verdict means for the children: which records are written, and which revision's pods run now.

Members of a distributed revision come up before its serving pods and go after the last of them.
"""

from dataclasses import dataclass, field, replace

from churn_operator.audit.rollout import Rollout
from churn_operator.decide.actions import Hold, Promote, Quarantine, Reject, Train, Try
from churn_operator.decide.batch import denied_tables, scores_tables
from churn_operator.decide.facts import Facts
from churn_operator.decide.member_facts import members_are_up
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.traffic import TrafficWord
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Fate, Record

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
    traffic: TrafficWord | None = None
    """What is said to the serving pods; None: that nothing is tried."""
    rollout: Rollout | None = None
    """What is tried once this is on record; None: nothing ever was."""
    members: tuple[Record, ...] = ()
    """The distributed ones whose members run."""
    kept: frozenset[str] = frozenset()
    """Revisions whose members must not be removed."""
    train: bool = False
    batch: Record | None = None
    """The revision whose bundle scores tables; None: the CronJob is not made."""
    keeps_batch: bool = False
    """A CronJob that is there stays as it is."""
    ledger: dict[str, str] = field(default_factory=dict)
    """Digests by version of records that are not kept."""


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
    records, ledger = _prune(observed, facts, known, kept)
    return Plan(
        records=records,
        run=known.get(run.identifier) if run else None,
        serving=known.get(serving.identifier) if serving else None,
        stops_rollout=isinstance(action, Hold) and action.stops_rollout,
        members=tuple(known[name] for name in sorted(kept) if name in known and known[name].configuration.fan_out),
        kept=frozenset(kept),
        train=isinstance(action, Train),
        batch=scores_tables(observed, facts, verdict),
        keeps_batch=observed.model.spec.batch is not None and denied_tables(observed) is None,
        ledger=ledger,
    )


def _in_use(observed: Observed) -> set[str]:
    named = {observed.deployed.revision} if observed.deployed else set()
    return named | observed.answering


def _with_fates(observed: Observed, facts: Facts, verdict: Verdict) -> dict[str, Record]:
    known = {**observed.records}
    for record in (facts.running, verdict.action.run, _decided(observed, verdict)):
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
    if isinstance(action, Try) and begins_anew(action.run, token):
        return replace(action.run, fate=Fate.NEW, since=since, retry=token, reason="", message="")
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
