"""What is being tried, as the chain remembers it: every decision that changes it carries the whole new value.

`decide` makes and reads it. An operator that ends between a record and its action leaves it to the next one: plan and
weights are functions of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self


class Phase(StrEnum):
    """How far it has come."""

    VERIFYING = "Verifying"  # one pod beside the stable ones proves it, and its table spreads
    SHADOWING = "Shadowing"  # the stable pods score a sample with it too, and answer nothing by it
    CANARY = "Canary"  # it answers a share of the requests
    ROLLING_OUT = "RollingOut"  # pods of its own start; it could not be tried in the stable ones, or was not to be
    PROMOTING = "Promoting"  # it answers everything, while pods of its own replace the stable ones
    PROBATION = "Probation"  # every pod is its own; the version before stays loaded beside it
    ROLLING_BACK = "RollingBack"  # the version before answers, while its pods come back
    SAFE_MODE = "SafeMode"  # it is bad, and there is nothing good to go back to
    ENDED = "Ended"

    @property
    def is_in_stable_pods(self) -> bool:
        """Whether it is tried without pods of its own but the verifier."""
        return self is Phase.VERIFYING or self.is_step

    @property
    def is_step(self) -> bool:
        """Whether it has a weight, a hold and gates."""
        return self in (Phase.SHADOWING, Phase.CANARY)


class Wisher(StrEnum):
    """Whose wish it is."""

    PERSON = "Person"  # spec, or the alias that it follows
    CHALLENGER = "Challenger"  # nobody asked for it: training made it


class Fault(StrEnum):
    """What becomes of a revision that was found bad."""

    REVISION = "Revision"  # this one is not tried again; its bundle may be
    BUNDLE = "Bundle"  # the bundle is not tried again, in whatever configuration


@dataclass(frozen=True)
class Step:
    """As the spec had it."""

    weight: int
    """Percent of the requests."""
    hold: float
    """Seconds."""


@dataclass(frozen=True)
class Rollout:
    """Of one ChurnModel; one at a time. Times are the observations', texts as RFC 3339 has them."""

    phase: Phase
    revision: str
    """Identifier of what is tried; in RollingBack of what is left."""
    previous: str
    """Identifier of the stable revision when it began: what a way back leads to. Empty: there was none."""
    version: str
    digest: str
    """Of the bundle that is tried."""
    previous_version: str
    previous_digest: str
    generation: int
    """Grows with every change, and is never used again in its chain: `Traffic.generation`."""
    since: str
    """When this phase or step was decided."""
    begun: str
    by: Wisher = Wisher.PERSON
    step: int = 0
    """Index of the step, of `steps`."""
    weight: int = 0
    """Percent of the requests that it answers, or in Shadowing that both score."""
    steps: tuple[Step, ...] = ()
    pairs_before: int = 0
    """Rows that both had scored when the step began."""
    candidate_table: str = ""
    """sha256 of its packed table; empty until it is verified, and where it is tried by pods of its own."""
    stable_table: str = ""
    """The same of the stable revision's."""
    stood_still: float = 0.0
    """Seconds of it in pauses that are over."""
    is_judged: bool = False
    """The first pod of its own has answered as the old ones do: the others follow."""
    fault: Fault | None = None
    """What was found; the records say so once that is done."""
    why: str = ""
    """Why it goes back, ended, or is tried by pods of its own against the strategy."""
    reason: str = ""
    """The same in a word of the status, where a fault was found."""

    @property
    def lasts(self) -> bool:
        """Whether it is to be looked after."""
        return self.phase is not Phase.ENDED

    def to_data(self) -> dict[str, Any]:
        """As a record of the chain has it, without what is empty."""
        data = {one.name: getattr(self, one.name) for one in fields(self)}
        data["steps"] = [vars(step) for step in self.steps]
        return {name: value for name, value in data.items() if value not in (None, "", [], 0)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self | None:
        """None for what another version wrote in words that are unknown here, or a person in none."""
        try:
            steps = tuple(Step(int(one["weight"]), float(one["hold"])) for one in data.get("steps", ()))
            if Phase(data["phase"]) in (Phase.SHADOWING, Phase.CANARY) and not 0 <= int(data.get("step", 0)) < len(
                steps
            ):
                return None
            plain: dict[str, Any] = {name: str(data.get(name, "")) for name in _TEXTS}
            plain |= {name: int(data.get(name, 0)) for name in _NUMBERS}
            return cls(
                **plain,
                phase=Phase(data["phase"]),
                stood_still=float(data.get("stood_still", 0.0)),
                is_judged=data.get("is_judged") is True,
                by=Wisher(data.get("by", Wisher.PERSON)),
                fault=Fault(data["fault"]) if data.get("fault") else None,
                steps=steps,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def ended(self, now: str, why: str = "", fault: Fault | None = None, reason: str = "") -> Self:
        """The same, over."""
        return self.next(Phase.ENDED, now, weight=0, why=why or self.why, fault=fault, reason=reason)

    def next(self, phase: Phase, now: str, **changes: Any) -> Self:
        """Another phase or step, from now on."""
        changed = {"phase": phase, "generation": self.generation + 1, "since": now, "stood_still": 0.0}
        return replace(self, **{**changed, **changes})


_TEXTS = tuple(one.name for one in fields(Rollout) if one.type is str)
_NUMBERS = tuple(one.name for one in fields(Rollout) if one.type is int)
