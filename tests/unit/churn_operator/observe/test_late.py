"""When a rollout's deadline counts against the version."""

from typing import Any

import pytest
from churn_operator.observe.late import seconds_left


def _late(reason: str = "ProgressDeadlineExceeded") -> dict[str, Any]:
    conditions = [{"type": "Progressing", "reason": reason, "message": "timed out"}]
    return {"spec": {"progressDeadlineSeconds": 60}, "status": {"conditions": conditions}}


def _begun(at: str, ready: bool = False) -> dict[str, Any]:
    fetched = {"name": "fetch-bundle", "state": {"terminated": {"exitCode": 0, "startedAt": at}}}
    waiting = {"name": "server", "state": {"waiting": {"reason": "PodInitializing"}}}
    conditions = [{"type": "Ready", "status": str(ready)}]
    status = {"conditions": conditions, "initContainerStatuses": [fetched], "containerStatuses": [waiting]}
    return {"metadata": {"name": "telco-1"}, "status": status}


@pytest.mark.parametrize(
    ("deployment", "pods", "late"),
    [
        pytest.param(_late(), [_begun("2026-11-23T11:59:00Z")], True, id="it had all the time"),
        pytest.param(_late(), [_begun("2026-11-23T11:59:01Z")], False, id="it waited for room before it began"),
        pytest.param(_late(), [{"metadata": {"name": "new"}}], False, id="it has not begun"),
        pytest.param(_late(), [], False, id="a quota lets no pod be made"),
        pytest.param(_late(), [_begun("2026-11-23T11:00:00Z", ready=True)], False, id="it is ready by now"),
        pytest.param(_late("ReplicaSetUpdated"), [_begun("2026-11-23T11:00:00Z")], False, id="progress is made"),
        pytest.param({"spec": {}}, [], False, id="no status yet"),
    ],
)
def test_a_deadline_counts_from_where_a_pod_could_begin(
    deployment: dict[str, Any], pods: list[dict[str, Any]], late: bool
) -> None:
    left = seconds_left(deployment, pods, "2026-11-23T12:00:00Z")
    assert (left is not None and left <= 0) is late
