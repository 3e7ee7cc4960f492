"""What the operator tells Prometheus of the loop: for how long its brakes still hold another training.

A reconcile notes what was asked for and is remembered; the rest is counted down at each scrape.
"""

from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from churn_operator.api.loop import Loop
from churn_operator.audit.loop import LoopMemory
from churn_operator.cluster.clock import utc_now
from churn_operator.decide.brakes import retraining_brake
from churn_operator.queue import Key

_known: dict[Key, tuple[Loop, LoopMemory]] = {}


def show_loop(key: Key, asked: Loop, memory: LoopMemory) -> None:
    """Tell of this ChurnModel from now on."""
    _known[key] = asked, memory


def forget_loop(key: Key) -> None:
    """The ChurnModel is gone."""
    _known.pop(key, None)


class _Loops(Collector):
    """Read at each scrape."""

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        held = GaugeMetricFamily(
            "churn_cooldown_seconds", "For how long brakes hold another training.", labels=("namespace", "churnmodel")
        )
        now = utc_now()
        for key, (asked, memory) in list(_known.items()):
            brake = retraining_brake(asked, memory, now)
            held.add_metric(key, brake.seconds if brake else 0.0)
        yield held


REGISTRY.register(_Loops())
