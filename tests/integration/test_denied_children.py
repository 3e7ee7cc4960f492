"""An admission that denies a child: its words are in the status, the old revision serves on, writes stay few."""

import time
from collections.abc import Iterator

import pytest
from support.availability import Availability
from support.churn_model_handle import SETTLE_SECONDS, ChurnModelHandle
from support.denying_policy import DenyingPolicy
from support.eventually import eventually
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Refused

_WORDS = "frozen until Monday"
_WATCHED_SECONDS = 20


@pytest.fixture
def served(rig: Rig, namespace: str, name: str) -> ChurnModelHandle:
    rig.champion(name)
    model = rig.create(namespace, name)
    model.wait_ready()
    return model


@pytest.fixture
def policy(served: ChurnModelHandle) -> DenyingPolicy:
    """Of the cluster's administrator: it denies every change of the Deployment."""
    return DenyingPolicy(
        "no-changes-of-deployments", "apps", "deployments", f"object.metadata.name != '{served.name}'", _WORDS
    )


@pytest.fixture
def frozen(rig: Rig, served: ChurnModelHandle, policy: DenyingPolicy) -> Iterator[ChurnModelHandle]:
    """The ChurnModel while the policy is in force."""
    policy.impose(rig.kube)
    eventually(lambda: _is_frozen(served), SETTLE_SECONDS)
    yield served
    policy.lift(rig.kube)


def test_a_denied_change_is_told_in_the_servers_words_and_heals(
    rig: Rig, operator: RunningOperator, policy: DenyingPolicy, frozen: ChurnModelHandle
) -> None:
    old, availability = frozen.status()["stable"], Availability(frozen)
    version = rig.roll_out(frozen)
    eventually(lambda: frozen.status()["state"] == "Blocked", SETTLE_SECONDS)
    for kind, holds in (("Synced", "False"), ("Stalled", "True")):
        condition = frozen.condition(kind)
        assert (condition["status"], condition["reason"]) == (holds, "ChangeDenied")
        assert _WORDS in condition["message"]
    assert frozen.status()["stable"] == old
    _expect_few_writes(operator, frozen)
    assert availability.fewest(old["digest"]) == len(frozen.pods())
    policy.lift(rig.kube)
    eventually(lambda: not _is_frozen(frozen), SETTLE_SECONDS)
    frozen.nudge()
    frozen.wait_ready(version.digest)
    assert frozen.condition("Synced")["status"] == "True"


def _expect_few_writes(operator: RunningOperator, model: ChurnModelHandle) -> None:
    """The pauses between attempts double: 1, 2, 4 seconds and so on, so most of a minute's writes fall into these."""
    before, until = len(operator.proxy.writes), time.monotonic() + _WATCHED_SECONDS
    eventually(lambda: time.monotonic() > until, 2 * _WATCHED_SECONDS)
    writes = [write for write in operator.proxy.writes[before:] if model.name in write.path]
    per_minute = len(writes) * 60 / _WATCHED_SECONDS
    assert record("denied_child_writes_per_minute", per_minute, "writes/min", "<= 30").holds, writes
    assert writes, "it does not try again"


def _is_frozen(model: ChurnModelHandle) -> bool:
    path = f"/apis/apps/v1/namespaces/{model.namespace}/deployments/{model.name}"
    try:
        model.kube.merge(path, {"metadata": {"annotations": {"test/probe": str(time.monotonic_ns())}}})
    except Refused as error:
        return _WORDS in error.message
    return False
