"""How a Job that trains has ended, by its pods."""

from typing import Any

import pytest
from churn_operator.observe.training import read_training_job

NOW = "2026-11-28T04:00:00Z"


def _job() -> dict[str, Any]:
    failed = {"type": "Failed", "status": "True", "message": "it failed", "lastTransitionTime": NOW}
    return {"metadata": {"creationTimestamp": "2026-11-28T03:00:00Z"}, "status": {"conditions": [failed]}}


def _pod(name: str, minute: int, code: int, message: str) -> dict[str, Any]:
    ended = {"exitCode": code, "message": message}
    status = {"containerStatuses": [{"name": "train", "state": {"terminated": ended}}]}
    return {"metadata": {"name": name, "creationTimestamp": f"2026-11-28T03:{minute:02}:00Z"}, "status": status}


AWAY, KEPT = (4, "MLflow is away"), (3, "the champion stays")


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_the_last_attempt_says_how_a_job_ended_whatever_its_pods_are_called(names: str) -> None:
    first, second = (
        _pod(f"train-{name}", minute, *end) for name, minute, end in zip(names, (1, 2), (AWAY, KEPT), strict=True)
    )
    pods = sorted([first, second], key=lambda pod: str(pod["metadata"]["name"]))
    found = read_training_job(_job(), pods, [], NOW)
    assert (found.exit_code, found.message) == KEPT
