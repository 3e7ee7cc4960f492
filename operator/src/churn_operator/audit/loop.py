"""What the chain tells of the loop: retrainings, freezes, what waits for a yes.

`memory` folds it, brakes and rules read it: an operator that has just begun to lead brakes as the one before did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from churn_operator.audit.entry import Deed, Entry, Kind

HOLD = "hold-"
"""What a person says yes to after bad challengers begins so."""
REJECTED_IN_A_ROW = 2
"""So many, and a person has to look before another one is tried."""
_RETRAININGS = 128
"""As many as the brakes may ask for: those of seven days, of which spec.loop.maxPer7Days allows 100."""
_FREEZES = 16
_WORSE = 16
_TOLD = 32
"""Bounds, because anybody may write into a ConfigMap."""


class Ended(StrEnum):
    """How a retraining ended."""

    MADE = "Made"  # it made a version
    KEPT = "Kept"  # the gate kept the champion: nothing is wrong
    FLOOR_MISSED = "FloorMissed"  # these data make no good model at all
    FAILED = "Failed"  # it could not be done
    DATA_REJECTED = "DataRejected"  # the data were not fit to train on


ENDS: dict[str, Ended] = {
    Deed.RETRAINED: Ended.MADE,
    Deed.CHAMPION_KEPT: Ended.KEPT,
    Deed.FLOOR_MISSED: Ended.FLOOR_MISSED,
    Deed.RETRAINING_FAILED: Ended.FAILED,
    Deed.DATA_REJECTED: Ended.DATA_REJECTED,
}
"""By what is recorded of it."""


@dataclass(frozen=True)
class Occasion:
    """What asks for an action: one finding about one bundle."""

    name: str
    """Of the action that it asks for, such as retrain-3f2a9c1b; the same for the same evidence."""
    signal: str
    digest: str
    """Of the bundle that it speaks of."""
    since: str = ""
    """When the signal began to say so; empty where it has no beginning."""
    until: str = ""
    """The end of the last window, or the last label, that it is made of."""

    def is_of_one_finding(self, other: "Occasion") -> bool:
        """Whether both tell of the same finding, which may have gone on since the first."""
        return (self.signal, self.digest, self.since) == (other.signal, other.digest, other.since)

    def to_data(self) -> dict[str, str]:
        """As a record of the chain has it."""
        return {name: value for name, value in vars(self).items() if value}

    @classmethod
    def from_data(cls, data: object) -> Self | None:
        """None for what is no such thing."""
        if not isinstance(data, Mapping) or not data.get("name"):
            return None
        return cls(*(str(data.get(name, "")) for name in ("name", "signal", "digest", "since", "until")))


@dataclass(frozen=True)
class Retraining:
    """One Job that evidence asked for."""

    occasion: Occasion
    begun: str
    ended: str = ""
    result: Ended | None = None
    """None: it has not ended, as far as is recorded."""


@dataclass(frozen=True)
class Freeze:
    """A time in which the rows that came in were broken."""

    since: str
    """When they began to be."""
    decided: str
    ended: str = ""
    """Empty: it lasts."""


@dataclass(frozen=True)
class Recall:
    """The version before, tried again because labels say that it is better."""

    revision: str
    version: str
    over: str
    """Digest of the bundle that was worse."""


@dataclass(frozen=True)
class LoopMemory:
    """Of one ChurnModel."""

    retrainings: tuple[Retraining, ...] = ()
    """Newest first."""
    freezes: tuple[Freeze, ...] = ()
    """Newest first."""
    acted: str = ""
    """When evidence last had something done that the others rest after."""
    challengers_rejected: int = 0
    """In a row, since one was promoted or a person said go on."""
    rejected: str = ""
    """When the last of them was."""
    missed_floor: str = ""
    """When a retraining missed a bound of ensemble.yaml; empty once one was promoted or a person said go on."""
    recall: Recall | None = None
    worse: tuple[str, ...] = ()
    """Digests that labels have found worse than the version before, newest first."""
    told: dict[str, Occasion] = field(default_factory=dict)
    """What a person was told last, by deed and signal."""

    @property
    def open_retraining(self) -> Retraining | None:
        """The one that has not ended."""
        return next((one for one in self.retrainings if one.result is None), None)

    @property
    def frozen_since(self) -> str:
        """When the freeze that lasts was decided; empty: none does."""
        return self.freezes[0].decided if self.freezes and not self.freezes[0].ended else ""

    @property
    def suggested(self) -> list[Occasion]:
        """What waits for a yes, as far as is recorded."""
        return [one for key, one in self.told.items() if key.startswith(f"{Deed.SUGGESTED} ")]

    @property
    def is_held(self) -> bool:
        """Whether a person has to look before another challenger is made or tried."""
        return bool(self.why_held)

    @property
    def why_held(self) -> str:
        """Empty where nobody has to."""
        if self.missed_floor:
            return "a training that evidence asked for missed a bound of ensemble.yaml"
        if self.challengers_rejected < REJECTED_IN_A_ROW:
            return ""
        return f"{self.challengers_rejected} challengers in a row were rejected"

    @property
    def held_since(self) -> str:
        """When what a person has to look at came last."""
        return max(self.rejected, self.missed_floor)

    def was_told(self, deed: str, occasion: Occasion) -> Occasion | None:
        """What was told of the same finding."""
        before = self.told.get(_told_key(deed, occasion))
        return before if before and before.is_of_one_finding(occasion) else None


def remember_loop(loop: LoopMemory, entry: Entry, time: str, is_challenger: bool) -> LoopMemory:
    """The memory after one more record; `is_challenger`: it is about a version that no person had asked for."""
    if entry.kind == Kind.OUTCOME:
        return loop
    occasion = Occasion.from_data(entry.evidence.get("loop"))
    loop = _with_versions(loop, entry, time, is_challenger)
    if entry.action in ENDS:
        return _with_end(loop, entry, time)
    if entry.action == Deed.LOOP_APPROVED:
        return _approved(loop, entry.key.split()[-1])
    if entry.action == Deed.THAWED:
        return _thawed(loop, time)
    is_its = occasion is not None and entry.key.endswith(f" {occasion.name}")
    return _with_occasion(loop, entry, occasion, time) if occasion and is_its else loop


def _with_occasion(loop: LoopMemory, entry: Entry, occasion: Occasion, time: str) -> LoopMemory:
    if entry.action == Deed.RETRAINING_STARTED:
        begun = (Retraining(occasion, time), *loop.retrainings)[:_RETRAININGS]
        return _without_told(replace(loop, retrainings=begun, acted=time), occasion)
    if entry.action == Deed.FROZEN:
        freezes = (Freeze(occasion.since or time, time), *loop.freezes)[:_FREEZES]
        return _without_told(replace(loop, freezes=freezes, acted=time), occasion)
    if entry.action == Deed.PREVIOUS_RECALLED:
        recall = Recall(entry.revision, entry.version, occasion.digest)
        worse = (occasion.digest, *(one for one in loop.worse if one != occasion.digest))[:_WORSE]
        return _without_told(replace(loop, recall=recall, worse=worse, acted=time), occasion)
    kept = dict(list(loop.told.items())[-_TOLD:])
    return replace(loop, told=kept | {_told_key(entry.action, occasion): occasion})


def _approved(loop: LoopMemory, name: str) -> LoopMemory:
    """A yes to what is done in the same moment is told by that; one to a hold ends it."""
    if not name.startswith(HOLD):
        return loop
    return replace(
        loop,
        challengers_rejected=0,
        missed_floor="",
        told={key: one for key, one in loop.told.items() if one.name != name},
    )


def _with_versions(loop: LoopMemory, entry: Entry, time: str, is_challenger: bool) -> LoopMemory:
    if entry.action == Deed.PROMOTED:
        # A recall that was promoted is over; so is one in whose place something else was.
        acted = time if is_challenger else loop.acted
        return replace(loop, challengers_rejected=0, missed_floor="", recall=None, acted=acted)
    if entry.action != Deed.REJECTED:
        return loop
    loop = replace(loop, acted=time)
    if loop.recall and loop.recall.revision == entry.revision:
        return replace(loop, recall=None)
    return replace(loop, challengers_rejected=loop.challengers_rejected + 1, rejected=time) if is_challenger else loop


def _with_end(loop: LoopMemory, entry: Entry, time: str) -> LoopMemory:
    name, result = entry.key.split()[-1], ENDS[entry.action]
    ended = tuple(
        replace(one, ended=time, result=result) if one.occasion.name == name and one.result is None else one
        for one in loop.retrainings
    )
    missed = time if result is Ended.FLOOR_MISSED and ended != loop.retrainings else loop.missed_floor
    return replace(loop, retrainings=ended, missed_floor=missed)


def _thawed(loop: LoopMemory, time: str) -> LoopMemory:
    if not loop.frozen_since:
        return loop
    return replace(loop, freezes=(replace(loop.freezes[0], ended=time), *loop.freezes[1:]))


def _without_told(loop: LoopMemory, occasion: Occasion) -> LoopMemory:
    """What waited for a yes has been done."""
    return replace(loop, told={key: one for key, one in loop.told.items() if one.name != occasion.name})


def _told_key(deed: str, occasion: Occasion) -> str:
    """Of one kind of action and one signal there is one at a time."""
    return f"{deed} {occasion.name.rpartition('-')[0]} {occasion.signal}"
