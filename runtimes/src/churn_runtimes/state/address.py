"""Where the state store is: what commands are told, and whoever connects is given."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Address:
    """Of one server, or of one of a cluster's."""

    url: str
    credentials: Path | None = None
    """Folder of a mounted Secret; without it what the URL has."""
