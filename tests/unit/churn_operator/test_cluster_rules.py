"""The pure parts at the edge: where a live object differs, why a pod fails or cannot start, when health is bad."""

from typing import Any

import pytest
from churn_operator.api.status import Reason
from churn_operator.cluster.difference import first_difference, with_hash
from churn_operator.cluster.held_up import find_hold_up, find_refused_pod
from churn_operator.cluster.pod_failure import find_failure
from churn_operator.cluster.progress_deadline import deadline_exceeded
from churn_operator.health import health_problem

WANTED = {"spec": {"replicas": 2, "ports": [{"name": "http", "port": 80}], "args": ["a", "b"]}}


@pytest.mark.parametrize(
    ("live", "place"),
    [
        pytest.param(WANTED, None, id="the same"),
        pytest.param({**WANTED, "status": {}}, None, id="more than we want"),
        pytest.param(
            {"spec": {**WANTED["spec"], "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}},
            None,
            id="defaults inside a list",
        ),
        pytest.param({"spec": {**WANTED["spec"], "replicas": 3}}, ".spec.replicas", id="a changed field"),
        pytest.param({"spec": {"ports": [], "args": []}}, ".spec.replicas", id="a missing field"),
        pytest.param({"spec": {**WANTED["spec"], "ports": []}}, ".spec.ports[http]", id="a missing item"),
        pytest.param(
            {"spec": {**WANTED["spec"], "ports": [{"name": "http", "port": 81}]}},
            ".spec.ports[http].port",
            id="an item",
        ),
        pytest.param({"spec": {**WANTED["spec"], "args": ["a"]}}, ".spec.args", id="a shorter list"),
        pytest.param({"spec": {**WANTED["spec"], "args": ["a", "c"]}}, ".spec.args[1]", id="another word in a list"),
    ],
)
def test_first_difference(live: dict[str, Any], place: str | None) -> None:
    assert first_difference(WANTED, live) == place


def test_a_field_that_is_no_longer_wanted_changes_the_hash() -> None:
    more = with_hash({"metadata": {"name": "a"}, "spec": {"x": 1, "y": 2}})
    less = with_hash({"metadata": {"name": "a"}, "spec": {"x": 1}})
    assert first_difference(less, more) is not None


def _pod(
    ready: bool = False, restarts: int = 0, code: int = 1, message: str = "", init: bool = False
) -> dict[str, Any]:
    ended = {"exitCode": code, "message": message, "reason": "Error"}
    statuses = [{"name": "server", "restartCount": restarts, "lastState": {"terminated": ended}}]
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
        pytest.param(_pod(message=NAMED), Reason.BUNDLE_REFUSED, "GoldenMismatch: golden row 3", id="by its name"),
        pytest.param(_pod(message=NAMED, init=True), Reason.BUNDLE_REFUSED, "GoldenMismatch", id="in the init one"),
        pytest.param(_pod(message=NAMED, ready=True), None, "", id="it is ready now"),
        pytest.param(_pod(restarts=1, message="Killed"), None, "", id="one crash may pass"),
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
        pytest.param({"metadata": {"name": "new"}}, None, "", id="no status yet"),
    ],
)
def test_pod_failures(pod: dict[str, Any], reason: Reason | None, words: str) -> None:
    failure = find_failure([pod])
    assert (failure.reason if failure else None) == reason
    assert words in (failure.message if failure else "")


def _deployment(reason: str = "", message: str = "") -> dict[str, Any]:
    failure = [{"type": "ReplicaFailure", "status": "True", "reason": reason, "message": message}] if reason else []
    return {"status": {"conditions": [{"type": "Available", "status": "True"}, *failure]}}


def _waiting(reason: str, message: str = "") -> dict[str, Any]:
    waiting = {"reason": reason, "message": message}
    pod = _pod()
    return {**pod, "status": {"containerStatuses": [{"name": "server", "state": {"waiting": waiting}}]}}


UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}


@pytest.mark.parametrize(
    ("deployment", "pod", "words"),
    [
        pytest.param(_deployment(), _pod(ready=True), None, id="nothing"),
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
        pytest.param(_deployment(), _waiting("CrashLoopBackOff"), None, id="a crash is a failure, not a hold-up"),
    ],
)
def test_hold_ups(deployment: dict[str, Any], pod: dict[str, Any], words: str | None) -> None:
    assert find_hold_up(deployment, [pod]) == words


@pytest.mark.parametrize(
    ("events", "words"),
    [
        pytest.param([], None, id="no Events"),
        pytest.param([("SuccessfulCreate", "2026-11-27T10:00:00Z", "created")], None, id="no refusal"),
        pytest.param(
            [("FailedCreate", "2026-11-27T10:00:01Z", "new"), ("FailedCreate", "2026-11-27T10:00:00Z", "old")],
            "new",
            id="the latest refusal",
        ),
        pytest.param([("FailedCreate", None, "undated")], "undated", id="without a time"),
        pytest.param(
            [("FailedCreate", None, 'Error creating: pods "telco-train-59d8-9t9xn" is forbidden: exceeded quota')],
            'Error creating: pods "telco-train-59d8" is forbidden: exceeded quota',
            id="the same for every attempt",
        ),
    ],
)
def test_refused_pods(events: list[tuple[str, str | None, str]], words: str | None) -> None:
    told = [{"reason": reason, "lastTimestamp": time, "message": text} for reason, time, text in events]
    assert find_refused_pod(told) == words


def _late(reason: str = "ProgressDeadlineExceeded") -> dict[str, Any]:
    conditions = [{"type": "Progressing", "reason": reason, "message": "timed out"}]
    return {"spec": {"progressDeadlineSeconds": 60}, "status": {"conditions": conditions}}


def _begun(at: str, ready: bool = False) -> dict[str, Any]:
    fetched = {"name": "fetch", "state": {"terminated": {"exitCode": 0, "startedAt": at}}}
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
    failure = deadline_exceeded(deployment, pods, "2026-11-23T12:00:00Z")
    assert (failure is not None) == late
    assert failure is None or (failure.reason, failure.message) == (Reason.PROGRESS_DEADLINE_EXCEEDED, "timed out")


@pytest.mark.parametrize(
    ("watchers", "silence", "words"),
    [(9, 1.0, None), (8, 1.0, "8 of 9 watchers run"), (9, 500.0, "has not answered")],
)
def test_health(watchers: int, silence: float, words: str | None) -> None:
    problem = health_problem(watchers, 9, silence)
    assert (problem is None) if words is None else (problem is not None and words in problem)
