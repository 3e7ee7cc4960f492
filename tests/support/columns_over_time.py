"""What `kubectl get churnmodels` shows at each moment of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.kubectl import Kubectl
from support.processes import Process


@contextmanager
def columns_over_time(kubectl: Kubectl, name: str = "telco") -> Iterator[Path]:
    """The rows of one model during the block, kept in build/e2e/."""
    log = Path(f"build/e2e/{name}-columns.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    watch = Process(["kubectl", "-n", "churn", "get", f"churnmodel/{name}", "-w"], log, kubectl.environment)
    try:
        yield log
    finally:
        watch.stop()
