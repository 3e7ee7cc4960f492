"""Serving pods as they are listed, before anybody has asked them."""

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.names import REVISION_LABEL, TRACK_LABEL, Track
from churn_operator.observe.pod_answer import PodAnswer, read_pods, read_worker

READY = {"type": "Ready", "status": "True"}


def _pod(name: str, track: str | None, owner: str = "telco-5f7d", **status: object) -> Manifest:
    labels = {REVISION_LABEL: "abc", "pod-template-hash": "5f7d"} | ({TRACK_LABEL: track} if track else {})
    owners = [{"kind": "ReplicaSet", "name": owner, "uid": "1", "controller": True}]
    return {"metadata": {"name": name, "labels": labels, "ownerReferences": owners}, "status": status}


def test_pods_of_both_tracks_and_no_others() -> None:
    pods = [
        _pod("telco-b", "stable", podIP="10.0.0.2", conditions=[READY]),
        _pod("telco-a", "candidate", "telco-candidate-5f7d"),
        _pod("telco-train", None, podIP="10.0.0.3"),
        _pod("telco-c", "one of tomorrow", podIP="10.0.0.4"),
        {"metadata": {"name": "bare"}},
    ]
    assert read_pods("telco", pods) == (
        PodAnswer("telco-a", "", "abc", Track.CANDIDATE, ready=False),
        PodAnswer("telco-b", "10.0.0.2", "abc", Track.STABLE, ready=True),
    )


def test_what_has_copied_the_labels_is_no_pod_of_ours() -> None:
    ours = _pod("telco-a", "stable")
    metadata = ours["metadata"]
    bare = {**ours, "metadata": {**metadata, "ownerReferences": []}}
    (owner,) = metadata["ownerReferences"]
    not_controlled = {**ours, "metadata": {**metadata, "ownerReferences": [{**owner, "controller": False}]}}
    of_a_job = {**ours, "metadata": {**metadata, "ownerReferences": [{**owner, "kind": "Job"}]}}
    of_another = _pod("telco-b", "stable", "telco-candidate-5f7d")
    verifies_no_candidate = _pod("telco-c", "candidate")
    assert read_pods("telco", [bare, not_controlled, of_a_job, of_another, verifies_no_candidate]) == ()
    assert len(read_pods("telco", [ours])) == 1


def test_a_verifier_that_ends_is_of_the_candidate_before() -> None:
    verifier, stable = _pod("telco-a", "candidate", "telco-candidate-5f7d"), _pod("telco-b", "stable")
    for pod in (verifier, stable):
        pod["metadata"]["deletionTimestamp"] = "2026-11-27T12:00:00Z"
    assert [pod.name for pod in read_pods("telco", [verifier, stable])] == ["telco-b"]


@pytest.mark.parametrize(
    ("state", "started"),
    [
        ({"running": {"startedAt": "2026-11-27T12:00:00Z"}}, "2026-11-27T12:00:00Z"),
        ({"waiting": {"reason": "CrashLoopBackOff"}}, ""),
        (None, ""),
    ],
    ids=["runs", "ended", "not said"],
)
def test_a_process_is_as_old_as_its_container(state: Manifest | None, started: str) -> None:
    sidecar = {"name": "drift", "state": {"running": {"startedAt": "2026-11-27T11:00:00Z"}}}
    statuses = [{"name": "stream"} | ({"state": state} if state else {})]
    worker = _pod("telco-stream-0", None, initContainerStatuses=[sidecar], containerStatuses=statuses)
    assert read_worker(worker).started == started
    (server,) = read_pods("telco", [_pod("telco-a", "stable", containerStatuses=[{**statuses[0], "name": "server"}])])
    assert server.started == started
