"""Whose turn it is to move to another serving image or other pod defaults: one ChurnModel at a time, or some.

What the operator is told anew concerns every ChurnModel at once. Were all to try it together, a bad image would cost
every model a failed rollout in the same minute. So `reconcile` asks here before it tries one, and tells here what
became of it. The turns are kept in memory: after a restart, nobody new begins until every ChurnModel has been looked
at once, because those that are in the middle are known by their pods and take their turns back.
"""

from collections.abc import Callable, Iterable
from enum import Enum, auto

Key = tuple[str, str]


class ImagePhase(Enum):
    """Where a ChurnModel is with respect to another image."""

    SETTLED = auto()  # nothing to do, or nothing that may be done now
    WAITS = auto()  # it would try one
    MOVES = auto()  # it is trying one


class ImagePace:
    """The turns of one operator."""

    def __init__(self, at_a_time: int = 1) -> None:
        self.at_a_time = at_a_time
        self.wake: Callable[[Key], None] = lambda key: None
        """Called with a ChurnModel whose turn has come."""
        self._followed: frozenset[str] = frozenset()
        self._unlisted: set[str] | None = None
        self._unseen: set[Key] = set()
        self._moving: set[Key] = set()
        self._waiting: dict[Key, None] = {}

    def follow(self, namespaces: Iterable[str]) -> None:
        """These namespaces are looked after, and no other; nobody begins before each of the first was listed once."""
        self._followed = frozenset(namespaces)
        self._unlisted = {*self._followed} if self._unlisted is None else self._unlisted & self._followed
        for key in self._unseen | self._moving | self._waiting.keys():
            if key[0] not in self._followed:
                self.note(key, ImagePhase.SETTLED)
        self._wake_next()

    def listed(self, namespace: str, keys: Iterable[Key]) -> None:
        """The namespace's ChurnModels, none where it cannot be listed; only the first time counts."""
        if self._unlisted and namespace in self._unlisted:
            self._unlisted.discard(namespace)
            self._unseen |= set(keys)
            self._wake_next()

    def may_move(self, key: Key) -> bool:
        """Whether this one may try another image now, or is doing so."""
        return key in self._moving or self._has_room(key)

    def note(self, key: Key, phase: ImagePhase) -> None:
        """What a reconcile found; a turn that ends is the next one's."""
        self._moving.discard(key)
        self._unseen.discard(key)
        if key[0] not in self._followed:
            # A reconcile that had begun before its namespace went.
            phase = ImagePhase.SETTLED
        if phase is ImagePhase.WAITS:
            self._waiting.setdefault(key)
        else:
            self._waiting.pop(key, None)
        if phase is ImagePhase.MOVES:
            self._moving.add(key)
        self._wake_next()

    def _has_room(self, key: Key | None = None) -> bool:
        everybody_was_seen = self._unlisted is not None and not self._unlisted and self._unseen <= {key}
        return everybody_was_seen and len(self._moving) < self.at_a_time

    def _wake_next(self) -> None:
        if self._waiting and self._has_room():
            self.wake(next(iter(self._waiting)))
