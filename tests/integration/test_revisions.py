"""New versions roll out without a gap; bad ones are rejected with a named reason while the last good one answers."""

from typing import NamedTuple

import pytest
from churn_models.names import CHALLENGER, CHAMPION
from churn_operator.decide.serve_gate import QUIET_SECONDS, TABLE_SECONDS
from support.availability import Availability, pod_digest
from support.churn_model_handle import SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.fake_status import Ending, Fate, is_ready
from support.integration_rig import Rig, RunningOperator

REPLICAS = 2
_POLL_SECONDS = 40
# Where the first new pod is ready before the others, the old ones stay until it has been looked at.
_JUDGED_SECONDS = SETTLE_SECONDS + QUIET_SECONDS + TABLE_SECONDS


class BadVersion(NamedTuple):
    """What becomes of the new version's pods, and what the status has to say."""

    name: str
    fate: Fate
    reason: str
    message: str


BAD_VERSIONS = [
    BadVersion(
        "a file is not what the manifest says",
        Fate(Ending.INIT_FAILS, "error (FileAltered): schema.json is sha256:0, the manifest says sha256:1", restarts=1),
        "BundleRejected",
        "FileAltered: schema.json",
    ),
    BadVersion(
        "golden rows are off",
        Fate(Ending.CRASHES, "loading\nerror (GoldenMismatch): row 3 is off by 0.2", restarts=1),
        "BundleRejected",
        "GoldenMismatch: row 3",
    ),
    BadVersion("the server crashes", Fate(Ending.CRASHES, "Segmentation fault"), "Crashing", "Segmentation fault"),
    BadVersion("the server never gets ready", Fate(Ending.STARTING), "ProgressDeadlineExceeded", ""),
]


@pytest.fixture
def served(rig: Rig, namespace: str, name: str) -> ChurnModelHandle:
    rig.champion(name)
    model = rig.create(namespace, name, serving={"replicas": REPLICAS}, rollout={"progressDeadline": "10s"})
    model.wait_ready()
    return model


@pytest.mark.parametrize("bad", BAD_VERSIONS, ids=[bad.name for bad in BAD_VERSIONS])
def test_a_bad_version_is_rejected_while_the_old_one_answers(
    rig: Rig, served: ChurnModelHandle, bad: BadVersion
) -> None:
    good = _digest(served)
    availability = Availability(served)
    version = rig.champion(served.name)
    rig.kubelet.decide(served.namespace, version.digest, bad.fate)
    served.nudge()
    eventually(lambda: served.status().get("rejected", {}).get("digest") == version.digest, SETTLE_SECONDS)
    rejected = served.status()["rejected"]
    assert (rejected["version"], rejected["reason"]) == (version.version, bad.reason)
    assert bad.message in rejected["message"]
    eventually(lambda: _digests_of_pods(served) == [good] * REPLICAS, SETTLE_SECONDS)
    assert (served.status()["state"], served.status()["stable"]["digest"]) == ("Rejected", good)
    assert served.condition("Stalled")["reason"] == bad.reason
    assert served.condition("Ready")["status"] == "False"
    assert availability.fewest(good) == REPLICAS


def test_a_version_that_finds_no_room_waits_and_is_not_rejected(
    rig: Rig, operator: RunningOperator, served: ChurnModelHandle
) -> None:
    availability, no_room = Availability(served), "0/3 nodes are available: 3 Insufficient memory."
    version = rig.champion(served.name)
    rig.kubelet.decide(served.namespace, version.digest, Fate(Ending.NO_ROOM, no_room))
    served.nudge()
    eventually(lambda: _deadline_has_passed(served), SETTLE_SECONDS)
    read = operator.proxy.reads[served.path]
    served.nudge()
    eventually(lambda: operator.proxy.reads[served.path] > read and operator.proxy.quiet_for(0.5), SETTLE_SECONDS)
    progressing = served.condition("Reconciling")
    assert (progressing["status"], progressing["reason"]) == ("True", "PodsPending")
    assert no_room in progressing["message"]
    rig.kubelet.decide(served.namespace, version.digest, Fate())
    served.wait_ready(version.digest, _JUDGED_SECONDS)
    assert "rejected" not in served.status()
    assert availability.fewest() == REPLICAS


def test_after_a_bad_version_a_good_one_is_served(rig: Rig, served: ChurnModelHandle) -> None:
    bad = rig.champion(served.name)
    rig.kubelet.decide(served.namespace, bad.digest, Fate(Ending.CRASHES, "boom"))
    served.nudge()
    eventually(lambda: served.status()["state"] == "Rejected", SETTLE_SECONDS)
    good = rig.roll_out(served)
    served.wait_ready(good.digest)
    eventually(lambda: _digests_of_pods(served) == [good.digest] * REPLICAS, SETTLE_SECONDS)
    assert served.status()["state"] == "Stable"


def test_a_first_version_that_is_bad_is_never_ready(rig: Rig, namespace: str, name: str) -> None:
    bad = rig.champion(name)
    rig.kubelet.decide(namespace, bad.digest, Fate(Ending.CRASHES, "boom"))
    model = rig.create(namespace, name)
    eventually(lambda: model.status().get("state") == "Rejected", SETTLE_SECONDS)
    assert model.condition("Ready")["status"] == "False"
    assert "stable" not in model.status()
    good = rig.roll_out(model)
    model.wait_ready(good.digest)


@pytest.mark.parametrize("crashing", [1, REPLICAS], ids=["one pod", "all pods"])
def test_a_crash_of_a_version_that_serves_does_not_reject_it(
    rig: Rig, operator: RunningOperator, served: ChurnModelHandle, crashing: int
) -> None:
    good = _digest(served)
    pods = [f'"{pod["metadata"]["name"]}"' for pod in served.pods()[:crashing]]
    read = operator.proxy.reads[served.path]
    for pod in pods:
        rig.kubelet.decide(served.namespace, pod, Fate(Ending.CRASHES, "out of memory"))
    eventually(lambda: sum(map(is_ready, served.pods())) == REPLICAS - crashing, SETTLE_SECONDS)
    eventually(lambda: operator.proxy.reads[served.path] > read and operator.proxy.quiet_for(0.5), SETTLE_SECONDS)
    expected = "False" if crashing == REPLICAS else "True"
    eventually(lambda: served.condition("Ready")["status"] == expected, SETTLE_SECONDS)
    for pod in pods:
        rig.kubelet.decide(served.namespace, pod, Fate())
    eventually(lambda: sum(map(is_ready, served.pods())) == REPLICAS, SETTLE_SECONDS)
    served.wait_ready(good)
    assert served.status()["state"] == "Stable"
    assert "rejected" not in served.status()


def test_a_rollout_replaces_pods_without_a_gap(rig: Rig, served: ChurnModelHandle) -> None:
    old = _digest(served)
    availability = Availability(served)
    version = rig.champion(served.name)
    rig.kubelet.decide(served.namespace, version.digest, Fate(Ending.STARTING))
    served.change(rollout={"progressDeadline": "5m"})
    eventually(lambda: version.digest in _digests_of_pods(served), SETTLE_SECONDS)
    eventually(lambda: served.status()["state"] == "RollingOut", SETTLE_SECONDS)
    assert served.status()["stable"]["digest"] == old
    assert served.status()["candidate"]["digest"] == version.digest
    assert served.condition("Ready")["status"] == "False"
    rig.kubelet.decide(served.namespace, version.digest, Fate())
    eventually(lambda: _ready_and_true(served, version.digest), _JUDGED_SECONDS)
    assert served.status()["previous"]["digest"] == old
    assert availability.fewest() >= REPLICAS


def test_a_moved_alias_is_noticed_without_an_event(rig: Rig, served: ChurnModelHandle) -> None:
    version = rig.champion(served.name)
    served.wait_ready(version.digest, _POLL_SECONDS)


def test_the_first_challenger_becomes_champion(rig: Rig, namespace: str, name: str) -> None:
    version = rig.mlflow.register(name)
    rig.mlflow.set_alias(version, CHALLENGER)
    model = rig.create(namespace, name)
    model.wait_ready(version.digest)
    eventually(lambda: rig.mlflow.alias(name, CHAMPION) == version.version, SETTLE_SECONDS)


def test_a_later_challenger_changes_nothing(rig: Rig, served: ChurnModelHandle) -> None:
    good = _digest(served)
    rig.mlflow.set_alias(rig.mlflow.register(served.name), CHALLENGER)
    served.change(serving={"replicas": REPLICAS + 1})
    eventually(lambda: _digests_of_pods(served) == [good] * (REPLICAS + 1), SETTLE_SECONDS)
    served.wait_ready(good)
    assert rig.mlflow.alias(served.name, CHAMPION) == "1"


def test_a_version_that_somebody_altered_is_not_followed(rig: Rig, served: ChurnModelHandle) -> None:
    version = rig.roll_out(served)
    served.wait_ready(version.digest)
    rig.mlflow.replace_manifest(version, version.manifest.replace(b'"rows": 1', b'"rows": 2'))
    served.change(serving={"replicas": REPLICAS + 1})
    eventually(lambda: _digests_of_pods(served) == [version.digest] * (REPLICAS + 1), SETTLE_SECONDS)
    served.wait_ready(version.digest)


def test_another_digest_than_the_asked_one_is_never_served(rig: Rig, namespace: str, name: str) -> None:
    version = rig.champion(name)
    model = rig.create(namespace, name, model={"name": name, "digest": "sha256:" + "0" * 64})
    eventually(lambda: model.condition("ArtifactVerified").get("reason") == "DigestMismatch", SETTLE_SECONDS)
    assert not model.children("Deployment")
    model.change(model={"digest": version.digest})
    model.wait_ready(version.digest)


def test_what_runs_goes_on_without_mlflow(rig: Rig, served: ChurnModelHandle) -> None:
    good = _digest(served)
    rig.mlflow.down = True
    try:
        served.change(serving={"replicas": REPLICAS + 1})
        eventually(lambda: served.condition("ArtifactVerified")["reason"] == "RegistryUnreachable", SETTLE_SECONDS)
        eventually(lambda: _digests_of_pods(served) == [good] * (REPLICAS + 1), SETTLE_SECONDS)
        served.wait_ready(good)
    finally:
        rig.mlflow.down = False


def test_a_model_without_a_version_waits(rig: Rig, namespace: str, name: str) -> None:
    model = rig.create(namespace, name)
    eventually(lambda: model.status().get("state") == "Waiting", SETTLE_SECONDS)
    assert model.condition("ArtifactVerified")["reason"] == "VersionNotFound"
    assert model.condition("Ready")["reason"] == "VersionNotFound"


def test_a_paused_model_stays_as_it_is(rig: Rig, served: ChurnModelHandle) -> None:
    good = _digest(served)
    served.change(paused=True)
    eventually(lambda: served.status()["state"] == "Paused", SETTLE_SECONDS)
    version = rig.roll_out(served)
    eventually(lambda: served.status()["observedGeneration"] == served.live()["metadata"]["generation"], SETTLE_SECONDS)
    assert set(_digests_of_pods(served)) == {good}
    served.change(paused=False)
    served.wait_ready(version.digest)


def _digest(model: ChurnModelHandle) -> str:
    return str(model.status()["stable"]["digest"])


def _digests_of_pods(model: ChurnModelHandle) -> list[str]:
    return sorted(pod_digest(pod) for pod in model.pods())


def _ready_and_true(model: ChurnModelHandle, digest: str) -> bool:
    """Whether Ready is true; at every moment when it is, all pods must serve the digest that the status names."""
    before = model.pods()
    ready, status = model.condition("Ready").get("status") == "True", model.status()
    if ready and before == model.pods():
        assert {pod_digest(pod) for pod in before if is_ready(pod)} == {status["stable"]["digest"]}
    return ready and status["stable"]["digest"] == digest


def _deadline_has_passed(model: ChurnModelHandle) -> bool:
    conditions = model.deployment()["status"]["conditions"]
    return any(condition.get("reason") == "ProgressDeadlineExceeded" for condition in conditions)
