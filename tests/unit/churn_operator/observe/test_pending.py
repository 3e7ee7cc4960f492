"""Why pods cannot start for reasons of the cluster."""

from typing import Any

import pytest
from churn_operator.observe.pending import find_denied_pod, find_pending


def _pod(ready: bool = False) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"metadata": {"name": "telco-1"}, "status": {"conditions": conditions}}


def _deployment(reason: str = "", message: str = "") -> dict[str, Any]:
    failure = [{"type": "ReplicaFailure", "status": "True", "reason": reason, "message": message}] if reason else []
    return {"status": {"conditions": [{"type": "Available", "status": "True"}, *failure]}}


def _waiting(reason: str, message: str = "") -> dict[str, Any]:
    waiting = {"reason": reason, "message": message}
    return {
        "metadata": {"name": "telco-1"},
        "status": {"containerStatuses": [{"name": "server", "state": {"waiting": waiting}}]},
    }


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}


@pytest.mark.parametrize(
    ("deployment", "pod", "words"),
    [
        pytest.param(_deployment(), _pod(True), None, id="nothing"),
        pytest.param({}, {"metadata": {"name": "new"}}, None, id="no status yet"),
        pytest.param(_deployment("FailedCreate", "exceeded quota"), _pod(), "exceeded quota", id="quota"),
        pytest.param(
            _deployment(),
            {"metadata": {"name": "telco-1"}, "status": {"conditions": [UNSCHEDULABLE]}},
            "telco-1: 0/1 nodes are available",
            id="no room",
        ),
        pytest.param(
            _deployment(),
            _waiting("ImagePullBackOff", "no such image"),
            "server of telco-1: ImagePullBackOff: no such image",
            id="no image",
        ),
        pytest.param(_deployment(), _waiting("ContainerCreating"), None, id="it is being made"),
        pytest.param(_deployment(), _waiting("PodInitializing"), None, id="its init container works"),
        pytest.param(_deployment(), _waiting("CrashLoopBackOff"), None, id="a crash is a failure"),
    ],
)
def test_pending_pods(deployment: dict[str, Any], pod: dict[str, Any], words: str | None) -> None:
    assert find_pending(deployment, [pod]) == words


@pytest.mark.parametrize(
    ("events", "words"),
    [
        pytest.param([], None, id="no Events"),
        pytest.param([("SuccessfulCreate", "2026-11-27T10:00:00Z", "created")], None, id="no denial"),
        pytest.param(
            [("FailedCreate", "2026-11-27T10:00:01Z", "new"), ("FailedCreate", "2026-11-27T10:00:00Z", "old")],
            "new",
            id="the latest denial",
        ),
        pytest.param([("FailedCreate", None, "undated")], "undated", id="without a time"),
        pytest.param(
            [("FailedCreate", None, 'Error creating: pods "telco-train-59d8-9t9xn" is forbidden: exceeded quota')],
            'Error creating: pods "telco-train-59d8" is forbidden: exceeded quota',
            id="the same for every attempt",
        ),
    ],
)
def test_denied_pods(events: list[tuple[str, str | None, str]], words: str | None) -> None:
    told = [{"reason": reason, "lastTimestamp": time, "message": text} for reason, time, text in events]
    assert find_denied_pod(told) == words
