"""What `kubectl get churnmodels` shows at each moment of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.kubectl import Kubectl
from support.processes import Process


@contextmanager
def columns_over_time(kubectl: Kubectl) -> Iterator[Path]:
    """The rows of telco during the block, kept in build/e2e/."""
    log = Path("build/e2e/churnmodel-columns.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    watch = Process(["kubectl", "-n", "churn", "get", "churnmodel/telco", "-w"], log, kubectl.environment)
    try:
        yield log
    finally:
        watch.stop()
