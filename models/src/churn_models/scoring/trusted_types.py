"""The types that a skops file of ours may name: an explicit list, so that a new one is a decision."""

import zipfile
from pathlib import Path
from typing import Any

from skops.io import load
from skops.io.exceptions import UntrustedTypesFoundException

from churn_models.errors import MemberUnreadable, TypeUntrusted

TRUSTED_TYPES: tuple[str, ...] = (
    "numpy.dtype",  # of the one-hot encoder's columns in a logistic regression
    "sklearn.tree._tree.Tree",  # the nodes of a random forest; skops trusts the rest of scikit-learn itself
)


def load_skops(path: Path) -> Any:
    """Load the estimator. Raises TypeUntrusted for a type outside the list, MemberUnreadable for a broken file."""
    try:
        return load(path, trusted=list(TRUSTED_TYPES))
    except UntrustedTypesFoundException as error:
        raise TypeUntrusted(f"{path.name}: {str(error).splitlines()[0]}") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError) as error:
        raise MemberUnreadable(f"{path} cannot be read: {error}") from error
