"""Whether a whole chain holds, and where not: for `python -m churn_operator audit verify`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from churn_operator.audit.chain import BrokenLink, Link, check, genesis


@dataclass(frozen=True)
class Segment:
    """One ConfigMap of a chain, or what an export says of it."""

    name: str
    data: Mapping[str, str]
    """Texts of records by key."""


@dataclass(frozen=True)
class Break:
    """The first link that does not hold."""

    segment: str
    sequence: int
    """Which record was expected there."""
    what: str


@dataclass(frozen=True)
class Checked:
    """How far a chain holds."""

    last: Link
    broken: Break | None = None


def verify(uid: str, segments: Iterable[Segment]) -> Checked:
    """In the order given. That the last records were cut off, nobody can see from a chain alone."""
    link = genesis(uid)
    for segment in segments:
        for key in sorted(segment.data):
            try:
                _, link = check(uid, link, key, segment.data[key])
            except BrokenLink as error:
                return Checked(link, Break(segment.name, link.sequence + 1, str(error)))
    return Checked(link)
