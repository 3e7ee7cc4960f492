"""The `treated` column as `validate` keeps it: true or false, whatever words the source has for them."""

from collections.abc import Collection
from typing import Any

import pandas as pd
from churn_models.spelling import MISSING, UNKNOWN, Vocabulary
from churn_models.violation import Violation

_EXAMPLES = 3


def read_treated(
    name: str, raw: "pd.Series[Any]", markers: Collection[str]
) -> tuple["pd.Series[Any]", list[Violation]]:
    """Booleans. A gap (`markers` among them) is a violation: whether a customer was acted upon must be known."""
    places = raw.map(Vocabulary(("no", "yes"), markers).place)
    if (missing := places == MISSING).any():
        return places, [Violation(name, "a value is missing", int(missing.sum()))]
    if (unread := places == UNKNOWN).any():
        examples = tuple(map(repr, raw[unread].astype(str).drop_duplicates()[:_EXAMPLES]))
        return places, [Violation(name, "neither yes nor no", int(unread.sum()), examples)]
    return places.astype(bool), []
