"""Pods of one revision whose sidecars count rows, and an operator that asks them: fake time, real counters."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from churn_models.drift.report import EngineReport, Report
from churn_models.drift.row_cells import chance_alike
from churn_models.drift.row_counter import RowCounter
from churn_models.feature_schema import FeatureSchema
from churn_models.reference import Reference
from churn_operator.decide.drift.advance import advance
from churn_operator.decide.drift.evidence import DriftEvidence, Signal
from churn_operator.decide.drift.evidence_of_state import evidence_of_state
from churn_operator.decide.drift.settings import DriftSettings
from churn_operator.decide.drift.state import DriftState
from churn_operator.decide.gates.judgement import GateVerdict
from churn_operator.observe.late import after
from churn_operator.observe.sidecar_pod import PodKind
from support.drift_rows import Rows, drift_reference, drift_rows, drift_schema

DIGEST = "sha256:" + "d" * 64
START = "2026-11-01T00:00:00Z"


@dataclass
class World:
    """What training saw."""

    schema: FeatureSchema
    reference: Reference

    def rows(self, count: int, seed: int, missing: float = 0.0) -> Rows:
        """Of the same customers as training's."""
        return drift_rows(self.schema, count, seed, missing)


CATEGORIES = (2, 3, 4, 5, 6)


def world(numeric: int = 15, categories: tuple[int, ...] = CATEGORIES, rows: int = 10_000, seed: int = 0) -> World:
    """20 features by default."""
    schema = drift_schema(numeric, categories)
    return World(schema, drift_reference(schema, drift_rows(schema, rows, seed=1_000_000 + seed)))


class Sidecar:
    """One process of a pod's sidecar."""

    def __init__(self, world: World, instance: str, started: str = START, digest: str = DIGEST) -> None:
        self._counter = RowCounter(world.schema, world.reference)
        self._instance, self._started, self._digest = instance, started, digest
        self._alike = chance_alike(world.rows(2_000, seed=2_000_000).matrix)
        self.dropped = 0

    def count(self, rows: Rows, unseen: Mapping[str, int] | None = None) -> None:
        """Rows that the server's tap has sent."""
        self._counter.add(rows.matrix, unseen or {}, rows.scores)

    def report(self) -> Report:
        """What it answers."""
        counts = self._counter.counts()
        return Report(
            instance=self._instance,
            digest=self._digest,
            started=self._started,
            rows=counts.rows,
            dropped={"queue_full": self.dropped},
            features=counts.features,
            scores=counts.scores,
            cells=counts.cells,
            alike=self._alike,
            engine=EngineReport(name="native"),
        )


@dataclass
class Watch:
    """The operator's side: its state of one revision, and what time it is."""

    world: World
    settings: DriftSettings = field(default_factory=DriftSettings)
    state: DriftState = field(default_factory=lambda: DriftState("r1", DIGEST))
    now: str = START

    def ask(
        self, pods: Mapping[str, Sidecar], seconds: float = 60.0, there: Collection[str] | None = None
    ) -> DriftState:
        """So many seconds later. `there`: pods that exist, as far as anybody has looked; -stream- names workers."""
        self.now = after(self.now, seconds)
        reports = {name: sidecar.report() for name, sidecar in pods.items()}
        found = None if there is None else {name: _kind(name) for name in there}
        self.state = advance(self.state, reports, self.world.reference, self.settings, self.now, found)
        return self.state

    @property
    def evidence(self) -> DriftEvidence:
        """At this moment."""
        return evidence_of_state(self.state, self.now)

    @property
    def failing(self) -> set[Signal]:
        """Signals with an alarm."""
        return {one.signal for one in self.evidence.signals if one.verdict is GateVerdict.FAIL}

    def window(self, pods: Mapping[str, Sidecar], each: Mapping[str, Rows]) -> set[Signal]:
        """One whole window: the pods count these rows, and a minute goes by. Gives the alarms after it."""
        for name, rows in each.items():
            pods[name].count(rows)
        self.ask(pods, 1.0)
        self.ask(pods, 61.0)
        return self.failing


def _kind(pod: str) -> PodKind:
    return PodKind.WORKER if "-stream-" in pod else PodKind.SERVER
