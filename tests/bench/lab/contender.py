"""Who takes part, in which environment, and what a kept result was made by."""

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from bench.environments import Environment

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[2]
_SHARED = ("fold_task.py", "folds.py", "data_set.py")


class Contender(StrEnum):
    """Each value is the name in the report."""

    OURS = "ours"
    AUTOGLUON = "AutoGluon"
    FLAML = "FLAML"
    STACK = "scikit-learn stack"

    @property
    def environment(self) -> Environment:
        """Where it is installed."""
        return _ENVIRONMENTS.get(self, Environment.OURS)

    @property
    def module(self) -> str:
        """What its process runs."""
        return f"bench.lab.{_FILES[self]}"

    @property
    def made_by(self) -> str:
        """A digest of the files that its results depend on: a result of other ones is not taken for this one's."""
        found = hashlib.sha256()
        for path in sorted(self._sources()):
            found.update(path.read_bytes())
        return found.hexdigest()[:12]

    def _sources(self) -> Iterator[Path]:
        yield _HERE / f"{_FILES[self]}.py"
        yield from (_HERE / name for name in _SHARED)
        if self is Contender.OURS:
            for distribution in ("models", "training"):
                yield from (_ROOT / distribution / "src").rglob("*.py")
        if self.environment is not Environment.OURS:
            yield _HERE.parent / "requirements" / f"{self.environment}.txt"


PEERS = tuple(one for one in Contender if one is not Contender.OURS)

_ENVIRONMENTS = {Contender.AUTOGLUON: Environment.AUTOGLUON, Contender.FLAML: Environment.FLAML}
_FILES = {
    Contender.OURS: "ours_fold",
    Contender.AUTOGLUON: "autogluon_fold",
    Contender.FLAML: "flaml_fold",
    Contender.STACK: "stack_fold",
}
