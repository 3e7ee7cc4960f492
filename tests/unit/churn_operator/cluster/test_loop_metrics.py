"""What Prometheus hears of the loop's brakes: seconds left, 0 where none holds, nothing of a model that is gone."""

import pytest
from churn_operator.api.loop import Loop
from churn_operator.audit.loop import Ended, LoopMemory, Occasion, Retraining
from churn_operator.cluster.clock import utc_now
from churn_operator.cluster.loop_metrics import forget_loop, show_loop
from churn_operator.observe.late import after
from prometheus_client import REGISTRY

KEY = ("churn", "braked")


def _told() -> float | None:
    return REGISTRY.get_sample_value("churn_cooldown_seconds", dict(zip(("namespace", "churnmodel"), KEY, strict=True)))


def test_the_longest_brake_is_told_until_the_model_is_gone() -> None:
    show_loop(KEY, Loop(), LoopMemory())
    assert _told() == 0
    begun = Retraining(Occasion("retrain-1", "Input", "sha256:1"), after(utc_now(), -36_000.0), utc_now(), Ended.MADE)
    show_loop(KEY, Loop(), LoopMemory((begun,)))
    assert _told() == pytest.approx(14 * 3600, abs=60)
    forget_loop(KEY)
    forget_loop(KEY)
    assert _told() is None
