"""When to retrain, and what to promote: each policy is two pure functions of what is known after a window."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.loop.gate import beside, passes
from bench.loop.stream import Stream, Window
from bench.loop.workshop import Model

PACE = 4
"""Windows between two trainings of any policy but ours, which has brakes of its own."""


@dataclass(frozen=True)
class Seen:
    """After a window."""

    stream: Stream
    window: Window
    champion: Model
    trained: int
    """The window after which a training was last asked for; -1 where none was."""

    @property
    def has_rested(self) -> bool:
        """Whether the last training is long enough ago."""
        return self.window.number - self.trained >= PACE


Asks = Callable[[Seen], bool]
Promotes = Callable[[Seen, Model], bool]


@dataclass(frozen=True)
class Policy:
    """Whether to train a challenger now, and whether it replaces the champion."""

    name: str
    asks: Asks
    promotes: Promotes


def never(_: Seen) -> bool:
    """The first model serves for ever."""
    return False


def scheduled(seen: Seen) -> bool:
    """As often as is allowed."""
    return seen.has_rested


def on(alarms: Asks) -> Asks:
    """When something raises an alarm."""
    return lambda seen: seen.has_rested and alarms(seen)


def every_one(_: Seen, __: Model) -> bool:
    """Whatever was trained is promoted."""
    return True


def behind_gate(seen: Seen, challenger: Model) -> bool:
    """What the gate of `churn_training` lets pass."""
    return passes(beside(seen.stream, seen.champion, challenger))
