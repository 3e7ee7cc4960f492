"""Why a pod cannot get ready."""

from typing import Any

import pytest
from churn_operator.api.status import Reason
from churn_operator.observe.pod_failure import find_failure, has_ended


def _pod(
    ready: bool = False, restarts: int = 0, code: int = 1, message: str = "", init: bool = False, name: str = "server"
) -> dict[str, Any]:
    ended = {"exitCode": code, "message": message, "reason": "Error"}
    statuses = [{"name": name, "restartCount": restarts, "lastState": {"terminated": ended}}]
    return {
        "metadata": {"name": "telco-1"},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "initContainerStatuses" if init else "containerStatuses": statuses,
        },
    }


NAMED = "noise\nerror (GoldenMismatch): golden row 3: ensemble scores 0.5"


@pytest.mark.parametrize(
    ("pod", "reason", "words"),
    [
        pytest.param(_pod(message=NAMED), Reason.BUNDLE_REJECTED, "GoldenMismatch: golden row 3", id="by its name"),
        pytest.param(_pod(message=NAMED, init=True), Reason.BUNDLE_REJECTED, "GoldenMismatch", id="in the init one"),
        pytest.param(_pod(message=NAMED, ready=True), None, "", id="it is ready now"),
        pytest.param(_pod(restarts=1, message="Killed"), Reason.CRASHING, "1 times", id="one crash"),
        pytest.param(_pod(restarts=3, message="x\nKilled"), Reason.CRASHING, "3 times, last with Killed", id="many"),
        pytest.param(_pod(restarts=3), Reason.CRASHING, "last with Error", id="many without a word"),
        pytest.param(_pod(restarts=9, code=0), None, "", id="it ended well"),
        pytest.param(
            _pod(restarts=9, message="error (RegistryUnreachable): no answer"), None, "", id="MLflow is down: it passes"
        ),
        pytest.param(
            _pod(restarts=9, message="error (MembersUnreachable): within 90 s"),
            None,
            "",
            id="members are not there yet",
        ),
        pytest.param(_pod(restarts=9, code=69), None, "", id="the exit code says that something it needs is missing"),
        pytest.param(
            _pod(restarts=9, message="error (VersionNotFound): 404 from a proxy"), None, "", id="404: it passes, too"
        ),
        pytest.param(_pod(code=65, message="bad"), Reason.BUNDLE_REJECTED, "bad", id="the exit code says it is bad"),
        pytest.param(_pod(restarts=9, name="istio-proxy"), None, "", id="somebody else's container"),
        pytest.param({"metadata": {"name": "new"}}, None, "", id="no status yet"),
    ],
)
def test_pod_failures(pod: dict[str, Any], reason: Reason | None, words: str) -> None:
    failure = find_failure([pod])
    assert (failure.reason if failure else None) == reason
    assert words in (failure.message if failure else "")


@pytest.mark.parametrize(
    ("phase", "expected"),
    [("Pending", False), ("Running", False), ("Unknown", False), ("Succeeded", True), ("Failed", True), (None, False)],
)
def test_pods_that_have_ended(phase: str | None, expected: bool) -> None:
    status = {"phase": phase} if phase else {}
    assert has_ended({"metadata": {"name": "telco-1"}, "status": status}) is expected
