"""What the operator remembers of its decisions: the fold of the chain, oldest record first.

`decide` reads it, so that the same evidence is never recorded twice and a begun action is known as begun.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from churn_operator.audit.entry import Deed, Entry, Kind, Result
from churn_operator.audit.loop import LoopMemory, remember_loop
from churn_operator.audit.rollout import Rollout, Wisher

_HISTORY = 10
_OPEN = 32
"""More are never open at once; a bound, because anybody may write into a ConfigMap."""
_UNTOLD = frozenset({Deed.PREVIOUS_SET})
"""What follows from the record beside it, and would only drive others out of the history."""


@dataclass(frozen=True)
class Begun:
    """A decision whose outcome is not recorded yet."""

    sequence: int
    action: str
    version: str
    revision: str
    failed: bool = False
    """That it could not be done yet is recorded."""


@dataclass(frozen=True)
class Told:
    """What status.history says of a record."""

    time: str
    action: str
    version: str
    message: str


@dataclass(frozen=True)
class Wish:
    """What was wanted when something was last decided."""

    model: str
    alias: str | None
    """None: a version by its number."""
    version: str


@dataclass(frozen=True)
class Memory:
    """Of one ChurnModel; empty where it has no chain yet."""

    begun: dict[str, Begun] = field(default_factory=dict)
    """By key."""
    latest: frozenset[str] = frozenset()
    """Keys of the decisions that were last taken together; coming to them again is nothing new."""
    paused: bool | None = None
    """As last recorded."""
    rollout: Rollout | None = None
    """What is tried, or was last; None where the chain tells of none."""
    wish: Wish | None = None
    training: str = ""
    """The last record about a training Job."""
    history: tuple[Told, ...] = ()
    """The last ten, newest first."""
    after: str = ""
    """The kind of the last record."""
    loop: LoopMemory = field(default_factory=LoopMemory)
    """Retrainings, freezes, and what waits for a yes."""
    still_since: str = ""
    """Since when the clock of what is tried stands still, in a pause or a freeze; empty: it goes on."""


def remember(memory: Memory, entry: Entry, sequence: int, time: str) -> Memory:
    """The memory after one more record; a kind that is unknown here changes nothing."""
    if entry.kind not in set(Kind):
        return memory
    memory = replace(memory, rollout=(Rollout.from_data(entry.rollout) if entry.rollout else None) or memory.rollout)
    memory = replace(memory, loop=remember_loop(memory.loop, entry, time, _is_challenger(memory.rollout, entry)))
    memory = replace(memory, still_since=_still_since(memory, entry, time))
    if entry.kind == Kind.OUTCOME:
        return _with_outcome(memory, entry)
    told = (Told(time, entry.action, entry.version, entry.message),) if entry.action not in _UNTOLD else ()
    memory = replace(
        memory,
        wish=_wish(entry.evidence) or memory.wish,
        training=entry.action if entry.action in (Deed.TRAINING_STARTED, Deed.TRAINING_FAILED) else memory.training,
        history=(*told, *memory.history)[:_HISTORY],
    )
    return _with_decision(memory, entry, sequence) if entry.kind == Kind.DECISION else _with_external(memory, entry)


def _is_challenger(rollout: Rollout | None, entry: Entry) -> bool:
    return rollout is not None and rollout.by is Wisher.CHALLENGER and rollout.revision == entry.revision


def _still_since(memory: Memory, entry: Entry, time: str) -> str:
    """A pause and a freeze that overlap are one time."""
    paused = {Deed.PAUSED.value: True, Deed.RESUMED.value: False}.get(entry.action, memory.paused)
    return (memory.still_since or time) if paused or memory.loop.frozen_since else ""


def _with_external(memory: Memory, entry: Entry) -> Memory:
    paused = {Deed.PAUSED.value: True, Deed.RESUMED.value: False}.get(entry.action, memory.paused)
    return replace(memory, paused=paused, latest=frozenset(), after=entry.kind)


def _with_decision(memory: Memory, entry: Entry, sequence: int) -> Memory:
    together = memory.latest if memory.after == Kind.DECISION else frozenset()
    begun = dict(list(memory.begun.items())[-_OPEN:])
    begun[entry.key] = Begun(sequence, entry.action, entry.version, entry.revision)
    return replace(memory, latest=together | {entry.key}, begun=begun, after=entry.kind)


def _with_outcome(memory: Memory, entry: Entry) -> Memory:
    begun = {key: one for key, one in memory.begun.items() if one.sequence != entry.of}
    memory = replace(memory, after=Kind.OUTCOME.value)
    if entry.result == Result.APPLIED:
        return replace(memory, begun=begun, wish=_after_alias(memory.wish, entry))
    if entry.result == Result.SUPERSEDED:
        return replace(memory, begun=begun, latest=memory.latest - {entry.key})
    failed = {key: replace(one, failed=True) for key, one in memory.begun.items() if one.sequence == entry.of}
    return replace(memory, begun=memory.begun | failed)


def _after_alias(wish: Wish | None, entry: Entry) -> Wish | None:
    """What the operator wrote itself is no move of somebody else's."""
    return replace(wish, version=entry.version) if wish and entry.action == Deed.CHAMPION_SET else wish


def _wish(evidence: dict[str, Any]) -> Wish | None:
    wanted = evidence.get("wanted")
    if not isinstance(wanted, dict) or not isinstance(wanted.get("version"), str):
        return None
    model, alias = wanted.get("model"), wanted.get("alias")
    return Wish(str(model), alias if isinstance(alias, str) else None, wanted["version"])
