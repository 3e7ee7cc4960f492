"""What the connections of one REST server share: who answers, and the limits that they keep together."""

from dataclasses import dataclass, field

from churn_runtimes.in_flight_limit import InFlightLimit
from churn_runtimes.limits import Limits
from churn_runtimes.rest.fast_path import FastPath
from churn_runtimes.rest.overflow_connections import OverflowConnections
from churn_runtimes.rest.probes import Probes
from churn_runtimes.rest.turn import Turn


@dataclass
class Connections:
    """Made by the server, before its first connection."""

    limits: Limits
    in_flight: InFlightLimit
    probes: Probes
    turn: Turn
    fast_paths: dict[bytes, FastPath]
    """By path; one is opened when its ensemble is ready."""
    held_bytes: int = 0
    """Of what they have read and not parsed, because they wait for their turn."""
    overflow: OverflowConnections = field(default_factory=OverflowConnections)
