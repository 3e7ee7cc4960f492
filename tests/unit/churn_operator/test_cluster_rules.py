"""The pure parts at the edge: where a live object differs, why a pod fails, when health is bad."""

from typing import Any

import pytest
from churn_operator.api.status import Reason
from churn_operator.cluster.difference import first_difference, with_hash
from churn_operator.cluster.pod_failure import find_failure
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


@pytest.mark.parametrize(
    ("watchers", "silence", "words"),
    [(9, 1.0, None), (8, 1.0, "8 of 9 watchers run"), (9, 500.0, "has not answered")],
)
def test_health(watchers: int, silence: float, words: str | None) -> None:
    problem = health_problem(watchers, 9, silence)
    assert (problem is None) if words is None else (problem is not None and words in problem)
