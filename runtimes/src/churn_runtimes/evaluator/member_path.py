"""Which way a member takes to its scores. The ensemble shows it in its metadata, its log and its metrics."""

from dataclasses import dataclass
from enum import StrEnum


class PathKind(StrEnum):
    """The two ways to score a member."""

    FLAT = "flat"  # in the compiled pass over the flat table
    STOCK = "stock"  # by its own library


@dataclass(frozen=True)
class MemberPath:
    """The way and, for a member that is not in the flat table, the reason."""

    kind: PathKind
    reason: str = ""

    @property
    def is_slow(self) -> bool:
        """Whether scoring one row takes so long that it must not run on the event loop."""
        return self.kind is PathKind.STOCK

    def __str__(self) -> str:
        return f"{self.kind}: {self.reason}" if self.reason else self.kind.value


FLAT = MemberPath(PathKind.FLAT)


def stock(reason: str) -> MemberPath:
    """The stock library's way, for this reason."""
    return MemberPath(PathKind.STOCK, reason)
