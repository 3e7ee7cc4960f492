"""The aliases that the operator moves: champion to what it promoted or went back to, previous to what served before.

Only the ChurnModel that writes its registered model's aliases does. A move is decided once and tried for until it is
taken: champion until MLflow is seen to have it, because what serves follows what MLflow says.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from churn_models.names import CHAMPION, PREVIOUS

from churn_operator.audit.entry import Deed
from churn_operator.audit.memory import Begun
from churn_operator.audit.rollout import Phase, Wisher
from churn_operator.decide.actions import Promote
from churn_operator.decide.facts import Facts
from churn_operator.decide.observed import Observed, Target
from churn_operator.decide.target import follows_champion
from churn_operator.decide.verdict import Verdict
from churn_operator.observe.record import Record

ALIASES: dict[str, str] = {Deed.CHAMPION_SET: CHAMPION, Deed.PREVIOUS_SET: PREVIOUS}
"""By the decision that moves them."""


@dataclass(frozen=True)
class AliasMove:
    """One that is to be decided."""

    deed: Deed
    record: Record
    """Its version is what the alias shall name."""
    why: str
    over: str = ""
    """The version that champion names until then: a person who has pointed it elsewhere meanwhile wins."""


@dataclass(frozen=True)
class AliasWrite:
    """One that MLflow has yet to take."""

    alias: str
    version: str
    over: str | None
    """Only in this version's place; empty: where there is none yet. None: whatever it names."""


def alias_moves(observed: Observed, facts: Facts, verdict: Verdict) -> Iterator[AliasMove]:
    """What this verdict means for the aliases; what is on record already is among it."""
    if _writes(observed):
        yield from _first_champion(observed, facts)
        yield from _promoted(observed, facts, verdict)
        yield from _rolled_back(observed)


def alias_writes(observed: Observed) -> tuple[AliasWrite, ...]:
    """What MLflow has yet to take, while it answers; with what has just been put on record."""
    if not isinstance(observed.target, Target) or not _writes(observed):
        return ()
    newest = {one.action: (key, one) for key, one in observed.memory.begun.items() if one.action in ALIASES}
    return tuple(
        AliasWrite(ALIASES[one.action], one.version, _over(key) if one.action == Deed.CHAMPION_SET else None)
        for key, one in newest.values()
        if not _is_seen(observed, one)
    )


def is_taken(observed: Observed, begun: Begun, taken: frozenset[str]) -> bool:
    """Whether a decided move is done; `taken` are the aliases that MLflow took just now."""
    return _is_seen(observed, begun) if begun.action == Deed.CHAMPION_SET else PREVIOUS in taken


def is_given_up(observed: Observed, key: str, begun: Begun) -> bool:
    """Whether a decided move is none any more: another was decided, somebody moved champion, or it is not ours."""
    if not follows_champion(observed.model.spec.model):
        return True
    if observed.alias_writer is not None and not observed.writes_aliases:
        return True
    if [one for one in observed.memory.begun.values() if one.action == begun.action][-1] != begun:
        return True
    target = observed.target
    if begun.action != Deed.CHAMPION_SET or not isinstance(target, Target) or target.first_champion:
        return False
    return target.version not in (begun.version, _over(key))


def _over(key: str) -> str:
    """The decision's key has it behind deed and revision."""
    return "".join(key.split()[2:])


def _writes(observed: Observed) -> bool:
    return observed.writes_aliases and follows_champion(observed.model.spec.model)


def _first_champion(observed: Observed, facts: Facts) -> Iterator[AliasMove]:
    target, served = observed.target, facts.settled
    if not isinstance(target, Target) or not target.first_champion or served is None:
        return
    if served.bundle.version == target.version:
        yield AliasMove(Deed.CHAMPION_SET, served, "MLflow has no champion, and every pod serves this version")


def _promoted(observed: Observed, facts: Facts, verdict: Verdict) -> Iterator[AliasMove]:
    action, before, rollout = verdict.action, facts.stable, observed.memory.rollout
    if not isinstance(action, Promote) or before is None or before.bundle.version == action.run.bundle.version:
        return
    by_itself = rollout is not None and rollout.by is Wisher.CHALLENGER and rollout.revision == action.run.identifier
    if rollout is not None and by_itself and _champion(observed) == rollout.previous_version:
        over = rollout.previous_version
        yield AliasMove(Deed.CHAMPION_SET, action.run, "every pod serves this challenger", over)
    yield AliasMove(Deed.PREVIOUS_SET, before, f"version {action.run.bundle.version} has taken its place")


def _rolled_back(observed: Observed) -> Iterator[AliasMove]:
    """While its pods go, so that nobody else who follows champion takes the bad version."""
    rollout = observed.memory.rollout
    if rollout is None or rollout.phase is not Phase.ROLLING_BACK:
        return
    back = observed.records.get(rollout.previous)
    if back is not None and _champion(observed) == rollout.version != back.bundle.version:
        yield AliasMove(Deed.CHAMPION_SET, back, f"version {rollout.version} was rolled back", rollout.version)


def _champion(observed: Observed) -> str | None:
    """What champion names; while MLflow is away, what it named when something was last decided."""
    target, wish = observed.target, observed.memory.wish
    return target.version if isinstance(target, Target) else wish.version if wish else None


def _is_seen(observed: Observed, begun: Begun) -> bool:
    target = observed.target
    if begun.action != Deed.CHAMPION_SET or not isinstance(target, Target):
        return False
    return not target.first_champion and target.version == begun.version
