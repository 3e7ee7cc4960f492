"""A person moves the alias champion of the ChurnModel AT_FAULT: to a bad version under Direct, then under Shadow.

Under Shadow to one version, while this is tried to another, and in the probation of that one back to the first.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from support.churn_model_watch import Seen
from support.kubernetes_cluster import Cluster
from support.loop_fleet import AT_FAULT, LoopFleet
from support.persons_line import move_champion
from support.rolled_model import Record, Tried

ENOUGH_PAIRS = 100
_SECONDS = 300


@dataclass(frozen=True)
class Moved:
    """What came of it under Shadow."""

    first: str
    """The version that champion was moved to at the beginning."""
    second: str
    """To which it was moved while the first was tried."""
    began: float
    shadowing: Seen
    """The first, with enough pairs."""
    probation: Seen
    """Of the second."""
    end: Seen
    """Stable again."""
    records: list[Record]

    def decided(self, action: str, version: str) -> float:
        """When; there is one such decision."""
        (found,) = [one.time for one in self.records if (one.kind, one.action, one.version) == _key(action, version)]
        return found


class ByHand(NamedTuple):
    """One after the other."""

    rolled_back: Future[Tried]
    moved: Future[Moved]


@contextmanager
def moving_champion(fleet: LoopFleet, cluster: Cluster) -> Iterator[ByHand]:
    """A person does all of it while the block goes on; it ends when all is done."""
    with ThreadPoolExecutor(1) as person:
        rolled_back = person.submit(_move_to_a_bad_one, fleet, cluster)
        yield ByHand(rolled_back, person.submit(_move_thrice, fleet, cluster))


def _move_to_a_bad_one(fleet: LoopFleet, cluster: Cluster) -> Tried:
    since, bad = time.time(), fleet.versions["inverted"]
    move_champion(cluster, AT_FAULT, bad)
    return fleet.models[AT_FAULT].follow(bad, since, 2 * _SECONDS)


def _move_thrice(fleet: LoopFleet, cluster: Cluster) -> Moved:
    model, first, second = fleet.models[AT_FAULT], fleet.versions["alike"], fleet.versions["alike too"]
    model.wait_stable("1", _SECONDS)
    began = model.change(rollout=_shadow("10m"))
    move_champion(cluster, AT_FAULT, first)
    shadowing = model.watch.wait(AT_FAULT, lambda seen: _is_scored(seen, first), _SECONDS, began)
    # The step that lasts is as long as it was when it began.
    model.change(rollout=_shadow("5s"))
    move_champion(cluster, AT_FAULT, second)
    probation = model.watch.wait(AT_FAULT, lambda seen: _is_on_probation(seen, second), _SECONDS, shadowing.time)
    move_champion(cluster, AT_FAULT, "1")
    end = model.wait_stable("1", _SECONDS, probation.time)
    return Moved(first, second, began, shadowing, probation, end, model.records(began))


def _shadow(hold: str) -> dict[str, Any]:
    steps = [{"weight": 50, "hold": hold}]
    return {"strategy": "Shadow", "steps": steps, "gates": {"minPairs": ENOUGH_PAIRS}, "probation": "10m"}


def _is_scored(seen: Seen, version: str) -> bool:
    rollout = seen.status.get("rollout") or {}
    candidate = seen.status.get("candidate") or {}
    is_tried = (seen.state, candidate.get("version")) == ("Shadowing", version)
    return is_tried and int(rollout.get("pairs") or 0) >= ENOUGH_PAIRS


def _is_on_probation(seen: Seen, version: str) -> bool:
    return (seen.state, seen.status["stable"]["version"]) == ("Probation", version)


def _key(action: str, version: str) -> tuple[str, str, str]:
    return "Decision", action, version
