"""Names, quantities and durations as specs write them, and the CEL that bounds them. Every part of a spec uses it."""

import re
from typing import Annotated

from pydantic import StringConstraints

DNS_LABEL = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$"

Name = Annotated[str, StringConstraints(pattern=DNS_LABEL, min_length=1, max_length=63)]
Quantity = Annotated[str, StringConstraints(pattern=QUANTITY, max_length=20)]
Duration = Annotated[str, StringConstraints(pattern=r"^[0-9]+(s|m|h)$", max_length=10)]
VersionNumber = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*$", max_length=9)]
"""A registered version in MLflow."""
ShortDuration = Annotated[str, StringConstraints(pattern=r"^[0-9]+(ms|s)$", max_length=10)]


def between(field: str, least: str, most: str) -> str:
    """A CEL expression: whether a field that is a quantity lies between these two, both included."""
    quantity = f"quantity(self.{field})"
    return f"{quantity}.compareTo(quantity('{least}')) >= 0 && {quantity}.compareTo(quantity('{most}')) <= 0"


def lasts(field: str, least: str, most: str) -> str:
    """The same of a field that is a duration."""
    return f"duration(self.{field}) >= duration('{least}') && duration(self.{field}) <= duration('{most}')"


_MILLISECONDS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}


def milliseconds(duration: str) -> int:
    """A duration such as 250ms, 90s, 5m or 1h, in milliseconds."""
    matched = re.fullmatch(r"([0-9]+)(ms|s|m|h)", duration)
    assert matched, "the CRD lets no other duration pass"
    return int(matched[1]) * _MILLISECONDS[matched[2]]


def seconds(duration: str) -> int:
    """A duration in whole seconds, rounded down."""
    return milliseconds(duration) // 1_000
