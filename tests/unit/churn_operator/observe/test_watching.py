"""A drift sidecar that does not run: told, and never the version's fault."""

from typing import Any

import pytest
from churn_operator.observe.late import seconds_left
from churn_operator.observe.pending import find_pending
from churn_operator.observe.pod_failure import find_failure
from churn_operator.observe.watching import has_sidecar, lacks_its_sidecar_alone, why_unwatched

RUNS: dict[str, Any] = {"state": {"running": {"startedAt": "2026-11-28T01:30:00Z"}}, "ready": True}
CRASHES: dict[str, Any] = {
    "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
    "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "x\nMemoryError"}},
    "restartCount": 7,
}
KILLED: dict[str, Any] = {"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}, "restartCount": 1}
NO_IMAGE: dict[str, Any] = {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}
STARTS: dict[str, Any] = {"state": {"waiting": {"reason": "PodInitializing"}}}


def pod(sidecar: dict[str, Any] | None, server: dict[str, Any] | None = None, ready: bool = False) -> dict[str, Any]:
    """One that fetched its bundle at 1 o'clock, with that status of its sidecar and its server."""
    fetched = {"name": "fetch-bundle", "state": {"terminated": {"exitCode": 0, "finishedAt": "2026-11-28T01:00:00Z"}}}
    init = [fetched, *([] if sidecar is None else [{"name": "drift", **sidecar}])]
    return {
        "metadata": {"name": "telco-1"},
        "spec": {"initContainers": [{"name": one["name"]} for one in init]},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "initContainerStatuses": init,
            "containerStatuses": [{"name": "server", **(server or STARTS)}],
        },
    }


SERVES: dict[str, Any] = {"ready": True, "state": {"running": {"startedAt": "2026-11-28T01:00:05Z"}}}


@pytest.mark.parametrize(
    ("sidecar", "words"),
    [
        (None, ""),
        (RUNS, ""),
        (STARTS, ""),
        ({}, ""),
        (CRASHES, "telco-1 does not run (CrashLoopBackOff: Error: MemoryError; started again 7 times)"),
        (KILLED, "does not run (OOMKilled; started again 1 times)"),
        (NO_IMAGE, "does not run (ImagePullBackOff: no such image; started again 0 times)"),
    ],
    ids=["none", "it runs", "it starts", "no status yet", "it crashes", "out of memory", "no image"],
)
def test_why_nobody_watches(sidecar: dict[str, Any] | None, words: str) -> None:
    found = why_unwatched(pod(sidecar, SERVES))
    assert words in found and bool(words) is bool(found)
    assert has_sidecar(pod(sidecar)) is (sidecar is not None)


@pytest.mark.parametrize("sidecar", [CRASHES, KILLED, NO_IMAGE], ids=["it crashes", "out of memory", "no image"])
def test_it_is_no_failure_of_the_version_however_long_it_lasts(sidecar: dict[str, Any]) -> None:
    late = {
        "spec": {"progressDeadlineSeconds": 60},
        "status": {"conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]},
    }
    for server in (STARTS, SERVES):
        found = pod(sidecar, server)
        assert find_failure([found]) is None
        assert seconds_left(late, [found], "2026-11-28T03:00:00Z") is None
    assert lacks_its_sidecar_alone(pod(sidecar, SERVES))
    assert not lacks_its_sidecar_alone(pod(sidecar, STARTS))


@pytest.mark.parametrize("sidecar", [CRASHES, NO_IMAGE], ids=["it crashes", "no image"])
def test_what_holds_a_pod_up_is_told(sidecar: dict[str, Any]) -> None:
    reason = sidecar["state"]["waiting"]["reason"]
    assert f"drift of telco-1: {reason}" in (find_pending({}, [pod(sidecar)]) or "")


@pytest.mark.parametrize(
    ("server", "left"),
    [
        pytest.param(STARTS, 30.0, id="it has not begun: from where the sidecar ran"),
        pytest.param({"state": {"running": {"startedAt": "2026-11-28T01:30:10Z"}}}, 40.0, id="from where it began"),
    ],
)
def test_a_server_that_hangs_beside_a_sidecar_that_runs_is_late(server: dict[str, Any], left: float) -> None:
    paused = {"spec": {"progressDeadlineSeconds": 60, "paused": True}}
    assert seconds_left(paused, [pod(RUNS, server)], "2026-11-28T01:30:30Z") == left
