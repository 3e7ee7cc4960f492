"""What a member's scores come from. The ensemble shows it in its metadata, its log and its metrics."""

from dataclasses import dataclass
from enum import StrEnum


class ScoredBy(StrEnum):
    """The two sources of a member's scores."""

    TABLE = "table"  # the compiled pass over the flat table
    LIBRARY = "library"  # the member's own library


@dataclass(frozen=True)
class MemberScoring:
    """The source and, for a member that is not in the flat table, the reason."""

    by: ScoredBy
    reason: str = ""

    @property
    def is_slow(self) -> bool:
        """Whether scoring one row takes so long that it must not run on the event loop."""
        return self.by is ScoredBy.LIBRARY

    def __str__(self) -> str:
        return f"{self.by}: {self.reason}" if self.reason else self.by.value


BY_TABLE = MemberScoring(ScoredBy.TABLE)


def by_library(reason: str) -> MemberScoring:
    """By the member's library, for this reason."""
    return MemberScoring(ScoredBy.LIBRARY, reason)
