"""What somebody else has done since the last record: a person, or the training Job. `intend` records it, as found."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from churn_models.names import CHAMPION

from churn_operator.api.status import ConditionType
from churn_operator.audit.entry import Deed, Entry, Kind
from churn_operator.audit.memory import Wish
from churn_operator.audit.rollout import Wisher
from churn_operator.decide.facts import Facts
from churn_operator.decide.loop_external import loop_external
from churn_operator.decide.observed import Observed, Target

_MESSAGE = 1024


def external(observed: Observed, facts: Facts, decisions: Sequence[Entry]) -> Iterator[Entry]:
    """Beside the decisions that are recorded in the same moment."""
    yield from _pause(observed, facts)
    yield from _approval(observed, decisions)
    yield from _champion(observed, decisions)
    yield from _retry(observed, decisions)
    yield from _training(observed)
    yield from loop_external(observed, decisions)


def _pause(observed: Observed, facts: Facts) -> Iterator[Entry]:
    paused, before = observed.model.spec.paused, observed.memory.paused
    if before is None:
        # No record tells: an older operator had told it in the status alone.
        conditions = {one.type: one.status for one in observed.model.status.conditions}
        before = conditions.get(ConditionType.PAUSED) == "True"
    if paused != before:
        deed = Deed.PAUSED if paused else Deed.RESUMED
        told = _external(deed, _version(observed), f"spec.paused is {str(paused).lower()}")
        # The clock of what is tried has stood still meanwhile, and does so on in a freeze.
        goes_on = not paused and not observed.memory.loop.frozen_since
        yield replace(told, rollout=facts.trial.rollout.to_data()) if goes_on and facts.trial else told


def _approval(observed: Observed, decisions: Sequence[Entry]) -> Iterator[Entry]:
    """Recorded with what it lets begin."""
    last, approved = observed.memory.rollout, observed.model.spec.rollout.approve
    promoted = any(one.action == Deed.PROMOTING for one in decisions)
    if promoted and last and last.by is Wisher.CHALLENGER and approved == last.version:
        yield _external(Deed.APPROVED, last.version, f"spec.rollout.approve is {approved}")


def _champion(observed: Observed, decisions: Sequence[Entry]) -> Iterator[Entry]:
    source, target = observed.model.spec.model, observed.target
    if not isinstance(target, Target) or target.first_champion or source.version:
        return
    if any(one.action == Deed.CHAMPION_SET and one.version == target.version for one in observed.memory.begun.values()):
        # The operator's own move is seen for the first time.
        return
    before = observed.memory.wish or _wish_of_status(observed, decisions)
    alias = source.alias or CHAMPION
    if before and (before.model, before.alias) == (source.name, alias) and before.version != target.version:
        message = f"the alias {alias} names version {target.version}, no longer version {before.version}"
        yield _external(Deed.CHAMPION_MOVED, target.version, message)


def _wish_of_status(observed: Observed, decisions: Sequence[Entry]) -> Wish | None:
    """An older operator recorded nothing. What is found is told with the first decision, never by itself."""
    source, status = observed.model.spec.model, observed.model.status
    if not decisions or status.stable is None or status.observed_generation != observed.model.generation:
        return None
    return Wish(source.name, source.alias or CHAMPION, (status.candidate or status.stable).version)


def _retry(observed: Observed, decisions: Sequence[Entry]) -> Iterator[Entry]:
    token = observed.model.spec.rollout.retry
    begun = next((one for one in decisions if one.action == Deed.ROLLOUT_BEGUN), None)
    tried = observed.records.get(begun.revision) if begun else None
    if begun is None or tried is None or not token:
        return
    alike = [one for one in observed.records.values() if one.bundle.digest == tried.bundle.digest]
    if any(one.was_rejected and one.retry != token for one in alike):
        yield _external(Deed.RETRY_ASKED, begun.version, f"spec.rollout.retry is {token}")


def _training(observed: Observed) -> Iterator[Entry]:
    job = observed.training
    if job and job.failed and observed.memory.training == Deed.TRAINING_STARTED:
        yield _external(Deed.TRAINING_FAILED, "", job.message)


def _external(deed: Deed, version: str, message: str) -> Entry:
    return Entry(Kind.EXTERNAL, deed, str(deed), version, message[:_MESSAGE])


def _version(observed: Observed) -> str:
    status, target = observed.model.status, observed.target
    if status.stable:
        return status.stable.version
    return target.version if isinstance(target, Target) else ""
