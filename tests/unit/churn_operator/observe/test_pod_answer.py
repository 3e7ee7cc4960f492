"""Serving pods as they are listed, before anybody has asked them."""

from churn_operator.api.manifest import Manifest
from churn_operator.names import REVISION_LABEL, TRACK_LABEL, Track
from churn_operator.observe.pod_answer import PodAnswer, read_pods

READY = {"type": "Ready", "status": "True"}


def _pod(name: str, track: str | None, **status: object) -> Manifest:
    labels = {REVISION_LABEL: "abc"} | ({TRACK_LABEL: track} if track else {})
    return {"metadata": {"name": name, "labels": labels}, "status": status}


def test_pods_of_both_tracks_and_no_others() -> None:
    pods = [
        _pod("telco-b", "stable", podIP="10.0.0.2", conditions=[READY]),
        _pod("telco-a", "candidate"),
        _pod("telco-train", None, podIP="10.0.0.3"),
        _pod("telco-c", "one of tomorrow", podIP="10.0.0.4"),
        {"metadata": {"name": "bare"}},
    ]
    assert read_pods(pods) == (
        PodAnswer("telco-a", "", "abc", Track.CANDIDATE, ready=False),
        PodAnswer("telco-b", "10.0.0.2", "abc", Track.STABLE, ready=True),
    )
