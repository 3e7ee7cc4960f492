"""An admission that denies a child: its words are in the status, the old revision serves on, writes stay few."""

import time
from collections.abc import Iterator

import pytest
from support.availability import Availability
from support.churn_model_handle import SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.figures import record
from support.integration_rig import Rig, RunningOperator
from support.kube_client import Object, Refused

_ADMISSION = "/apis/admissionregistration.k8s.io/v1"
_POLICY = "no-changes-of-deployments"
_WORDS = "frozen until Monday"
_WATCHED_SECONDS = 10


@pytest.fixture
def served(rig: Rig, namespace: str, name: str) -> ChurnModelHandle:
    rig.champion(name)
    model = rig.create(namespace, name)
    model.wait_ready()
    return model


@pytest.fixture
def frozen(rig: Rig, served: ChurnModelHandle) -> Iterator[ChurnModelHandle]:
    """The ChurnModel while a policy of the cluster's administrator denies every change of its Deployment."""
    rules = [
        {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments"]},
    ]
    policy: Object = {
        "metadata": {"name": _POLICY},
        "spec": {
            "matchConstraints": {"resourceRules": rules},
            "validations": [{"expression": f"object.metadata.name != '{served.name}'", "message": _WORDS}],
        },
    }
    binding: Object = {
        "metadata": {"name": _POLICY},
        "spec": {"policyName": _POLICY, "validationActions": ["Deny"]},
    }
    rig.kube.create(f"{_ADMISSION}/validatingadmissionpolicies", policy)
    rig.kube.create(f"{_ADMISSION}/validatingadmissionpolicybindings", binding)
    eventually(lambda: _is_frozen(served), SETTLE_SECONDS)
    yield served
    thaw(rig)


def thaw(rig: Rig) -> None:
    """Take the policy away, if it is there."""
    for kind in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
        if rig.kube.find(f"{_ADMISSION}/{kind}/{_POLICY}"):
            rig.kube.delete(f"{_ADMISSION}/{kind}/{_POLICY}")


def test_a_denied_change_is_told_in_the_servers_words_and_heals(
    rig: Rig, operator: RunningOperator, frozen: ChurnModelHandle
) -> None:
    old, availability = frozen.status()["stable"], Availability(frozen)
    version = rig.roll_out(frozen)
    eventually(lambda: frozen.status()["state"] == "Blocked", SETTLE_SECONDS)
    for kind, holds in (("Synced", "False"), ("Stalled", "True")):
        condition = frozen.condition(kind)
        assert (condition["status"], condition["reason"]) == (holds, "ChangeDenied")
        assert _WORDS in condition["message"]
    assert frozen.status()["stable"] == old
    _expect_few_writes(operator)
    assert availability.fewest(old["digest"]) == len(frozen.pods())
    thaw(rig)
    eventually(lambda: not _is_frozen(frozen), SETTLE_SECONDS)
    frozen.nudge()
    frozen.wait_ready(version.digest)
    assert frozen.condition("Synced")["status"] == "True"


def _expect_few_writes(operator: RunningOperator) -> None:
    """The pauses between attempts double: no more than one every two seconds here, and fewer later."""
    before, until = len(operator.proxy.writes), time.monotonic() + _WATCHED_SECONDS
    eventually(lambda: time.monotonic() > until, 2 * _WATCHED_SECONDS)
    writes = len(operator.proxy.writes) - before
    per_minute = writes * 60 / _WATCHED_SECONDS
    assert record("denied_child_writes_per_minute", per_minute, "writes/min", "<= 30").holds
    assert writes, "it does not try again"


def _is_frozen(model: ChurnModelHandle) -> bool:
    path = f"/apis/apps/v1/namespaces/{model.namespace}/deployments/{model.name}"
    try:
        model.kube.merge(path, {"metadata": {"annotations": {"test/probe": str(time.monotonic_ns())}}})
    except Refused as error:
        return _WORDS in error.message
    return False
