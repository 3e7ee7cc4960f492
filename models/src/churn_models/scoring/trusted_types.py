"""The types that a skops file of ours may name: an explicit list, so that a new one is a decision."""

import io
from functools import lru_cache
from pathlib import Path
from typing import Any

from skops.io import load
from skops.io.exceptions import UntrustedTypesFoundException

from churn_models.errors import MemberUnreadable, TypeUntrusted

TRUSTED_TYPES: tuple[str, ...] = (
    "numpy.dtype",  # of the one-hot encoder's columns in a logistic regression
    "sklearn.tree._tree.Tree",  # the nodes of a random forest; skops trusts the rest of scikit-learn itself
)

_READ_TWICE = 2
_MUCH = 1 << 20
"""What is read again and again of a good file are small arrays, such as the classes of every tree."""


class _BoundedReads(io.FileIO):
    """An archive whose description may name one array any number of times, and each time it is read anew."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._left = _READ_TWICE * path.stat().st_size + _MUCH

    def read(self, size: int | None = -1, /) -> bytes:
        """Raises MemberUnreadable where the same bytes are asked for again and again."""
        content = super().read(-1 if size is None else size) or b""
        self._left -= len(content)
        if self._left < 0:
            raise MemberUnreadable("its arrays are named so often that they would take far more memory than the file")
        return content


def load_skops(path: Path) -> Any:
    """Load the estimator. Raises TypeUntrusted for a type outside the list, MemberUnreadable for a broken file.

    The same file gives the same object: the ensemble and the member's own runtime share one process, a forest takes
    most of a second to read, and predicting changes nothing in it.
    """
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _load(path: Path, changed: int) -> Any:
    try:
        with _BoundedReads(path) as content:
            return load(content, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise TypeUntrusted(f"{path.name}: {str(error).splitlines()[0]}") from error
    except MemberUnreadable as error:
        raise MemberUnreadable(f"{path.name} cannot be read: {error}") from error
    except Exception as error:  # whatever a broken archive makes of scikit-learn's and NumPy's own classes
        raise MemberUnreadable(f"{path.name} cannot be read: {type(error).__name__}: {error}") from error
