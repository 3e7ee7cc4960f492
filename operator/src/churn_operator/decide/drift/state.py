"""What the operator remembers of one revision's traffic between two times that it asks the sidecars.

`advance` makes the next one. `report` turns it into a DriftReport's status and back, so that another operator goes on.
"""

from dataclasses import dataclass, field

from churn_operator.decide.drift.evidence import SignalState
from churn_operator.decide.drift.findings import JudgedWindow
from churn_operator.decide.drift.tally import Tally
from churn_operator.observe.sidecar_pod import PodKind

WINDOWS = 8
"""Judged ones that are kept."""


@dataclass(frozen=True)
class Instance:
    """One process of a sidecar."""

    pod: str
    instance: str
    last: Tally
    """Since it began, as it said when it was heard last."""
    heard: str
    begin: Tally | None = None
    """The same when the present window began; None: the process has begun since."""
    drifts: bool = False
    """Whether its own engine's newest window has drifted."""
    is_gone: bool = False
    """Its pod is not there any more, or has another process: it is not waited for."""
    kind: PodKind = PodKind.SERVER
    """Of its pod."""

    @property
    def rows(self) -> int:
        """In the present window."""
        return self.last.rows - (self.begin.rows if self.begin else 0)

    @property
    def dropped(self) -> int:
        """In the present window."""
        return self.last.dropped - (self.begin.dropped if self.begin else 0)

    def tally(self) -> Tally:
        """Of the present window. Raises CountsShrank."""
        return self.last.less(self.begin) if self.begin else self.last


@dataclass(frozen=True)
class Checkpoint:
    """A present window as another operator left it: enough to go on, without the counts of each process."""

    window: Tally | None
    """Rows of the window until then."""
    base: Tally | None
    """What the `instances` had counted then since they began, all together."""
    instances: dict[str, tuple[str, int]]
    """By instance its pod, and rows since it began."""
    since: str
    """When it was read."""


@dataclass(frozen=True)
class DriftState:
    """Of one revision."""

    revision: str
    digest: str
    begun: str = ""
    """When the present window's first rows were seen; empty while it has none."""
    carried: Tally | None = None
    """Rows of the present window of processes that are gone."""
    instances: tuple[Instance, ...] = ()
    heard: str = ""
    """When any sidecar last answered."""
    windows: tuple[JudgedWindow, ...] = ()
    """The newest first, at most WINDOWS."""
    judged: int = 0
    """Windows since the revision began to serve."""
    lost: int = 0
    """Rows that were counted and are in no window."""
    restarts: int = 0
    """Of sidecars whose counts fell, so that they began anew."""
    signals: tuple[SignalState, ...] = field(default=())
    unseen_since: str = ""
    reference_stale_since: str = ""
    awaited: Checkpoint | None = None
    """What is still to be taken over of another operator."""
    alike: float | None = None
    """What different customers share a cell of the counts by, as sidecars tell it; None: they are older than that."""
    given_up: frozenset[str] = frozenset()
    """Instances of it that were not heard in time: what they had counted by then may be in windows already."""

    @property
    def rows(self) -> int:
        """In the present window."""
        return (self.carried.rows if self.carried else 0) + sum(one.rows for one in self.instances)

    @property
    def dropped(self) -> int:
        """Rows of the present window that are not counted."""
        return (self.carried.dropped if self.carried else 0) + sum(one.dropped for one in self.instances)
