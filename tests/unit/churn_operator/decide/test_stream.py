"""spec.stream: whose bundle scores the topic, what becomes of the workers, and what is told of them."""

from typing import Any

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.api.status import ChurnModelStatus, Condition, ConditionType, Reason
from churn_operator.cluster.prune import is_kept
from churn_operator.decide.observed import Observed
from churn_operator.names import Component, stream_labels
from churn_operator.observe.stream import StreamWorkers, read_stream, workers_of
from churn_operator.observe.write_result import Denial, WriteResult
from support.observations import (
    DIGESTS,
    deployed,
    model,
    observed,
    plan_of,
    problem,
    revision,
    served,
    status_of,
    target,
)
from support.stream_spec import STREAM

SECURED = STREAM | {"credentialsSecret": "kafka"}
STATED = STREAM | {"events": "clicks", "state": {"url": "redis://states.crm", "credentialsSecret": "states"}}
STABLE_1 = ChurnModelStatus(stable=served("1"))
NO_CONTAINERS: Manifest = {"containers": []}
CHILD: Manifest = {"metadata": {"labels": stream_labels("telco")}, "kind": "StatefulSet"}


def _seen(stream: dict[str, Any] | None = STREAM, **changes: Any) -> Observed:
    """Version 1 is stable, with this spec.stream."""
    spec = {"paused": changes.pop("paused", False)} | ({"stream": stream} if stream else {})
    status = changes.pop("status", STABLE_1)
    workers = changes.pop("workers", None)
    return observed(**{"deployed": deployed("1"), "model": model(spec, status), "stream": workers, **changes})


def _stateful_set(version: str = "1", ready: int = 2, generation: int = 1) -> Manifest:
    told = {"churnserve.dev/digest": DIGESTS[version], "churnserve.dev/version": version}
    labels = {"churnserve.dev/revision": revision(version).identifier}
    counts = {"replicas": 2, "updatedReplicas": 2, "readyReplicas": ready, "availableReplicas": ready}
    return {
        "metadata": {"uid": "set", "generation": generation},
        "spec": {
            "replicas": 2,
            "template": {"metadata": {"annotations": told, "labels": labels}, "spec": NO_CONTAINERS},
        },
        "status": {"observedGeneration": 1, **counts},
    }


def _pod(number: int, version: str = "1", ready: bool = True, **status: Any) -> Manifest:
    owner = {"kind": "StatefulSet", "name": "telco-stream", "uid": "set", "controller": True}
    return {
        "metadata": {
            "name": f"telco-stream-{number}",
            "labels": {"churnserve.dev/revision": revision(version).identifier},
            "ownerReferences": [owner],
        },
        "spec": NO_CONTAINERS,
        "status": {"conditions": [{"type": "Ready", "status": str(ready)}], **status},
    }


def _workers(*pods: Manifest, version: str = "1", ready: int = 2, generation: int = 1) -> StreamWorkers:
    found = _stateful_set(version, ready, generation)
    return read_stream(found, workers_of(found, pods))


CRASHED = _pod(
    1,
    ready=False,
    containerStatuses=[
        {
            "name": "stream",
            "restartCount": 4,
            "state": {},
            "lastState": {"terminated": {"exitCode": 1, "message": "there is no topic scores; create it"}},
        }
    ],
)
NO_ROOM = _pod(
    1,
    ready=False,
    conditions=[{"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}],
)


def _condition(seen: Observed, written: WriteResult | None = None) -> Condition:
    status = status_of(seen, written) if written else status_of(seen)
    (found,) = [one for one in status.conditions if one.type == ConditionType.STREAM_READY]
    return found


def test_the_stable_bundle_scores_while_another_one_is_tried() -> None:
    stream = plan_of(_seen(target=target("2"), deployed=deployed("2", rolled_out=False))).stream
    assert stream is not None and stream.bundle.version == "1"


def test_a_promoted_bundle_scores_from_its_promotion_on() -> None:
    stream = plan_of(_seen(target=target("2"), deployed=deployed("2"))).stream
    assert stream is not None and stream.bundle.version == "2"


@pytest.mark.parametrize(
    ("case", "made", "kept"),
    [
        ({}, True, False),
        ({"stream": None}, False, False),
        ({"stream": SECURED, "credential_hosts": ("other.example",)}, False, True),
        ({"stream": SECURED, "credential_hosts": ("*.messages", "kafka.messages")}, True, False),
        ({"stream": STATED, "credential_hosts": ("kafka.messages",)}, False, True),
        ({"stream": STATED, "credential_hosts": ("states.crm",)}, True, False),
        ({"paused": True}, True, False),
        ({"paused": True, "workers": _workers(_pod(0), _pod(1))}, False, True),
        ({"status": ChurnModelStatus(), "deployed": None, "target": problem(Reason.VERSION_NOT_FOUND)}, False, True),
    ],
    ids=[
        "wanted",
        "gone",
        "host denied",
        "host allowed",
        "store denied",
        "store allowed",
        "paused before",
        "paused",
        "no version",
    ],
)
def test_workers_are_made_kept_or_removed(case: dict[str, Any], made: bool, kept: bool) -> None:
    """`kept`: a child of the stream that is not wanted stays all the same."""
    plan = plan_of(_seen(**case))
    assert (plan.stream is not None, is_kept(CHILD, plan)) == (made, kept)


@pytest.mark.parametrize(
    ("workers", "status", "reason", "text"),
    [
        (None, "False", Reason.WORKERS_NOT_READY, "no worker is there yet"),
        (_workers(_pod(0), _pod(1)), "True", Reason.WORKERS_READY, "2 of 2 workers are ready with version 1"),
        (_workers(_pod(0), CRASHED, ready=1), "False", Reason.CRASHING, "there is no topic scores"),
        (_workers(_pod(0), NO_ROOM, ready=1), "False", Reason.PODS_PENDING, "0/1 nodes are available"),
        (_workers(_pod(0), _pod(1, "2"), version="2"), "False", Reason.WORKERS_NOT_READY, "1 of 2 workers"),
        (_workers(_pod(0), _pod(1), generation=2), "False", Reason.WORKERS_NOT_READY, "2 of 2 workers"),
    ],
    ids=["before", "ready", "a worker crashes", "no room", "another version", "a change not seen yet"],
)
def test_the_condition_says_how_many_are_ready_and_why_not_all(
    workers: StreamWorkers | None, status: str, reason: Reason, text: str
) -> None:
    found = _condition(_seen(workers=workers))
    assert (found.status, found.reason) == (status, reason)
    assert text in found.message


def test_workers_of_a_version_that_nothing_is_known_of_are_neither_ready_nor_not() -> None:
    lost: dict[str, Any] = {
        "status": ChurnModelStatus(),
        "deployed": None,
        "target": problem(Reason.REGISTRY_UNREACHABLE),
    }
    found = _condition(_seen(workers=_workers(_pod(0), _pod(1)), **lost))
    assert (found.status, found.reason) == ("Unknown", Reason.REVISION_UNKNOWN)


def test_the_status_tells_replicas_and_version() -> None:
    told = status_of(_seen(workers=_workers(_pod(0), _pod(1, "2", ready=False), version="2", ready=1))).stream
    assert told is not None
    assert (told.version, told.digest, told.replicas, told.ready, told.updated) == ("2", DIGESTS["2"], 2, 1, 0)


def test_the_stream_is_no_part_of_ready() -> None:
    status = status_of(_seen(workers=_workers(CRASHED, ready=0)))
    assert next(one for one in status.conditions if one.type == ConditionType.READY).status == "True"


def test_pods_with_copied_labels_are_no_workers() -> None:
    stranger = _pod(7)
    stranger["metadata"]["ownerReferences"] = []
    assert _workers(_pod(0), stranger).ready == 1


def test_a_pod_that_was_denied_is_told() -> None:
    event = {"reason": "FailedCreate", "lastTimestamp": "2026-11-23T12:00:00Z", "message": "exceeded quota: small"}
    assert read_stream(_stateful_set(ready=0), [], [event]).pending == "exceeded quota: small"


def test_brokers_that_may_not_get_credentials_are_told() -> None:
    found = _condition(_seen(stream=SECURED, credential_hosts=("other.example",)))
    assert found.reason == Reason.BROKERS_NOT_ALLOWED
    assert "kafka.messages" in found.message
    assert found.message.endswith("no worker is made")


def test_a_state_store_that_may_not_get_credentials_is_told() -> None:
    running = _workers(_pod(0), _pod(1))
    found = _condition(_seen(stream=STATED, credential_hosts=("kafka.messages",), workers=running))
    assert found.reason == Reason.STATE_STORE_NOT_ALLOWED
    assert "spec.stream.state sends credentials to states.crm," in found.message
    assert found.message.endswith("the workers go on as they are, with version 1")


def test_what_the_api_server_denies_is_told_and_does_not_touch_what_serves() -> None:
    denied = WriteResult(apart={Component.STREAM: Denial(Reason.CHANGE_DENIED, "exceeded quota")})
    assert _condition(_seen(), denied).reason == Reason.CHANGE_DENIED
    told = {one.type: one.status for one in status_of(_seen(), denied).conditions}
    assert (told[ConditionType.READY], told[ConditionType.SYNCED]) == ("True", "False")
