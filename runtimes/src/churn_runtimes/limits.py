"""What one server takes from its clients at most: the connection, the head checks and gRPC all read it.

The command line sets the three that deployments differ in; the others are the same everywhere.
"""

from dataclasses import dataclass

CORES = 1
"""What one process serves on, whatever its node has: a pod requests at most one core, and more load needs more pods."""

ROWS_ON_THE_LOOP = 64
"""More rows of one request are scored in a thread, so that probes and other requests do not wait for them."""


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    body: int = 1_000_000
    rows: int = 1_000
    connections: int = 2_000
    grpc_message: int = 4 << 20
    reading: float = 10.0
    """From the first byte of a request to its last: a slow client must not hold a connection."""
    keep_alive: float = 75.0
    """Longer than proxies keep theirs (60 s), so that none sends into a connection that is being closed."""
    waiting: float = 1.0
    """For a request's turn to be read, or for a place among those in flight; then its client is told to come again."""
    deadline: float = 5.0
    """From a whole request to its answer."""
    strict: bool = False
    """Whether a value that is no category is refused instead of being scored as missing."""

    @property
    def in_flight(self) -> int:
        """Requests that wait or are scored at once; more would only wait longer than their clients do."""
        return 16 * CORES
