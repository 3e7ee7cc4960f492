"""Which ChurnModel writes the aliases of a registered model: the oldest of those that follow its champion.

The controller tells what its lists hold, reconciles tell what they read. Two that both wrote would undo each other's
promotions and rollbacks for ever.
"""

from collections.abc import Callable, Iterable

from churn_operator.api.churn_model import ChurnModel, UnreadableModel
from churn_operator.decide.target import follows_champion
from churn_operator.queue import Key

_Claim = tuple[str, Key]
"""When the ChurnModel was created, and its key, which decides between two of one second."""


class AliasOwners:
    """The claims of one operator's ChurnModels, by the name of the registered model."""

    def __init__(self) -> None:
        self.wake: Callable[[Key], None] = lambda key: None
        """Called with each ChurnModel whose writer is another one now."""
        self._followed: frozenset[str] = frozenset()
        self._unlisted: set[str] | None = None
        self._claims: dict[str, set[_Claim]] = {}
        self._by_key: dict[Key, tuple[str, _Claim]] = {}

    def follow(self, namespaces: Iterable[str]) -> None:
        """These namespaces are looked after, and no other; nobody writes before each of the first was listed once."""
        self._followed = frozenset(namespaces)
        self._unlisted = {*self._followed} if self._unlisted is None else self._unlisted & self._followed
        for key in [key for key in self._by_key if key[0] not in self._followed]:
            self.forget(key)

    def listed(self, namespace: str, models: Iterable[ChurnModel | UnreadableModel]) -> None:
        """The namespace's ChurnModels, none where it cannot be listed."""
        for model in models:
            self.note(model)
        if self._unlisted and namespace in self._unlisted:
            self._unlisted.discard(namespace)
            if not self._unlisted:
                for key in self._by_key:
                    self.wake(key)

    def note(self, model: ChurnModel | UnreadableModel) -> None:
        """What its spec asks for now."""
        key = (model.namespace, model.name)
        follows = isinstance(model, ChurnModel) and not model.deleting and follows_champion(model.spec.model)
        if not follows or key[0] not in self._followed:
            self.forget(key)
            return
        assert isinstance(model, ChurnModel), "one that cannot be read follows nothing"
        claim = model.spec.model.name, (model.created, key)
        if self._by_key.get(key) == claim:
            return
        self.forget(key)
        before = self._first(claim[0])
        self._by_key[key] = claim
        self._claims.setdefault(claim[0], set()).add(claim[1])
        self._tell(claim[0], before)

    def forget(self, key: Key) -> None:
        """A ChurnModel that is gone, or asks for something else."""
        if (found := self._by_key.pop(key, None)) is None:
            return
        name, claim = found
        before = self._first(name)
        self._claims[name].discard(claim)
        if not self._claims[name]:
            del self._claims[name]
        self._tell(name, before)

    def writer(self, name: str) -> Key | None:
        """Who writes the aliases of this registered model; None while not every namespace has been listed."""
        return self._first(name) if self._unlisted is not None and not self._unlisted else None

    def _first(self, name: str) -> Key | None:
        return min(self._claims.get(name, ()), default=("", None))[1]

    def _tell(self, name: str, before: Key | None) -> None:
        if before is None or self._first(name) == before:
            return
        for _, key in self._claims.get(name, ()):
            self.wake(key)
