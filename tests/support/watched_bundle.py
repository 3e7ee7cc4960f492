"""A bundle as a drift sidecar sees it, of made-up rows, and a sidecar of it whose clock is the test's."""

from datetime import UTC, datetime, timedelta

import numpy as np
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.drift.engine import Engine, EngineName
from churn_runtimes.drift.native_engine import NativeEngine
from churn_runtimes.drift.sidecar import Sidecar
from churn_runtimes.drift.watched import Watched
from churn_runtimes.drift.windows import WindowRule, Windows
from churn_runtimes.tap.frame import Frame, write_frame
from support.drift_rows import Rows, drift_reference, drift_rows, drift_schema

SCHEMA = drift_schema(numeric=3, categories=(2, 4))
DIGEST = f"sha256:{'a' * 64}"
OTHER_DIGEST = f"sha256:{'b' * 64}"
TRAINED = drift_rows(SCHEMA, 4000, seed=1, missing=0.01)


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time."""
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


def watched(schema: FeatureSchema = SCHEMA, trained: Rows = TRAINED, digest: str = DIGEST) -> Watched:
    """The bundle of such training rows."""
    reference = drift_reference(schema, trained)
    return Watched(digest, "7", schema, reference, reference.model_dump_json().encode(), trained.matrix[:1000])


def sidecar(
    clock: Clock, bundle: Watched | None = None, engine: Engine | None = None, rule: WindowRule | None = None
) -> Sidecar:
    """One of the native engine, unless another is given."""
    bundle = bundle or watched()
    judge = engine or NativeEngine(bundle.schema, bundle.sample, 0.01)
    windows = Windows(EngineName.NATIVE, judge, rule or WindowRule(), len(bundle.schema.names), clock)
    return Sidecar(bundle, windows, clock)


def message(rows: Rows, unseen: dict[str, int] | None = None, digest: str = DIGEST, **dropped: int) -> bytes:
    """What a tap sends of them."""
    return write_frame(Frame(digest, rows.matrix, rows.scores, unseen or {}, dropped))


def part(rows: Rows, begin: int, end: int) -> Rows:
    """Some of them."""
    return Rows(np.ascontiguousarray(rows.matrix[begin:end]), rows.scores[begin:end])
