"""A ChurnModel with `stream`: workers that score by the stable version, scaled as asked, gone with the field."""

from collections.abc import Iterator

import pytest
from support.churn_model_handle import SETTLE_SECONDS, ChurnModelHandle
from support.eventually import eventually
from support.fake_stream_workers import FakeStreamWorkers
from support.integration_rig import Rig
from support.kube_client import Object
from support.scaled_objects import keda_in, scaled_objects
from support.stream_spec import STREAM


@pytest.fixture
def model(rig: Rig, namespace: str, name: str) -> ChurnModelHandle:
    rig.champion(name)
    model = rig.create(namespace, name, stream=STREAM)
    model.wait_ready()
    eventually(lambda: model.children("StatefulSet"), SETTLE_SECONDS)
    return model


def _workers(model: ChurnModelHandle) -> Object:
    (found,) = model.children("StatefulSet")
    return found


def _words(model: ChurnModelHandle) -> list[str]:
    (worker,) = _workers(model)["spec"]["template"]["spec"]["containers"]
    words: list[str] = worker["args"]
    return words


def _assert_goes_on(model: ChurnModelHandle, before: Object) -> None:
    """The same workers, though the operator has seen another spec."""
    eventually(lambda: model.status()["observedGeneration"] == model.live()["metadata"]["generation"], SETTLE_SECONDS)
    after = _workers(model)
    assert (after["metadata"]["uid"], after["spec"]) == (before["metadata"]["uid"], before["spec"])
    assert "the workers go on as they are" in model.condition("StreamReady")["message"]


def _digest(model: ChurnModelHandle) -> str:
    return str(_workers(model)["spec"]["template"]["metadata"]["annotations"]["churnserve.dev/digest"])


def test_workers_roll_to_what_was_promoted(rig: Rig, model: ChurnModelHandle) -> None:
    first = _digest(model)
    assert first == model.status()["stable"]["digest"]
    rig.roll_out(model)
    eventually(lambda: _digest(model) != first, SETTLE_SECONDS)
    model.wait_ready()
    assert _digest(model) == model.status()["stable"]["digest"]


def test_what_is_not_ready_is_told_and_is_no_part_of_ready(model: ChurnModelHandle) -> None:
    eventually(lambda: model.status().get("stream"), SETTLE_SECONDS)
    told = model.status()["stream"]
    assert (told["replicas"], told["ready"], told["version"]) == (2, 0, model.status()["stable"]["version"])
    assert model.condition("StreamReady")["reason"] == "WorkersNotReady"
    assert model.is_ready()


def test_a_pause_holds_workers_as_they_are(model: ChurnModelHandle) -> None:
    model.change(paused=True)
    eventually(lambda: model.condition("Paused").get("status") == "True", SETTLE_SECONDS)
    model.change(stream={"replicas": 5})
    eventually(lambda: model.status()["observedGeneration"] == model.live()["metadata"]["generation"], SETTLE_SECONDS)
    assert _workers(model)["spec"]["replicas"] == 2
    model.change(paused=False)
    eventually(lambda: _workers(model)["spec"]["replicas"] == 5, SETTLE_SECONDS)


def test_no_new_worker_logs_in_to_a_state_store_that_is_not_allowed(model: ChurnModelHandle) -> None:
    before = _workers(model)
    store: Object = {"url": "redis://states.crm:6379", "credentialsSecret": "states"}
    model.change(stream={"events": "clicks", "state": store})
    eventually(lambda: model.condition("StreamReady").get("reason") == "StateStoreNotAllowed", SETTLE_SECONDS)
    _assert_goes_on(model, before)
    model.change(stream={"state": {"credentialsSecret": None}})
    eventually(lambda: {"--events", "clicks", "--state", store["url"]} <= {*_words(model)}, SETTLE_SECONDS)


def test_an_autoscaler_takes_the_replicas_over(model: ChurnModelHandle) -> None:
    model.change(stream={"replicas": None, "scaling": {"max": 4}})
    eventually(lambda: model.children("HorizontalPodAutoscaler"), SETTLE_SECONDS)
    assert _workers(model)["spec"]["replicas"] == 2, "nobody has scaled it yet"
    model.change(stream={"replicas": 3, "scaling": None})
    eventually(lambda: not model.children("HorizontalPodAutoscaler"), SETTLE_SECONDS)
    assert _workers(model)["spec"]["replicas"] == 3


def test_it_goes_with_its_field(model: ChurnModelHandle) -> None:
    model.change(stream=None)
    eventually(lambda: not model.children("StatefulSet"), SETTLE_SECONDS)
    for kind in ("NetworkPolicy", "PodDisruptionBudget"):
        assert [one["metadata"]["name"] for one in model.children(kind)] == [model.name]
    eventually(lambda: not model.condition("StreamReady"), SETTLE_SECONDS)
    assert "stream" not in model.status()
    assert model.is_ready()


def test_credentials_for_brokers_that_nobody_allowed_are_not_mounted(model: ChurnModelHandle) -> None:
    before = _workers(model)
    model.change(stream={"credentialsSecret": "kafka"})
    eventually(lambda: model.condition("StreamReady").get("reason") == "BrokersNotAllowed", SETTLE_SECONDS)
    _assert_goes_on(model, before)


def test_a_version_comes_to_one_worker_first_and_a_worse_one_no_further(rig: Rig) -> None:
    namespace = rig.namespace()
    with rig.operator([namespace]), FakeStreamWorkers(rig.server, namespace) as workers:
        good, bad = (_of_three_workers(rig, namespace) for _ in range(2))
        for model in (good, bad):
            _wait_stream_ready(model)
        first, worse = _digest(bad), rig.mlflow.register(bad.name)
        workers.bad.add(worse.digest)
        rig.mlflow.set_alias(worse, "champion")
        better = rig.roll_out(good)
        bad.nudge()
        eventually(lambda: good.condition("StreamReady")["reason"] == "ServeGate", SETTLE_SECONDS)
        _assert_held_back(rig, bad, first)
        eventually(lambda: len(workers.reached.get(better.digest, ())) == 3, SETTLE_SECONDS)
        _wait_stream_ready(good)
        assert [*workers.reached[worse.digest]] == [f"{bad.name}-stream-2"]
    reached = workers.reached[better.digest]
    assert [*reached] == [f"{good.name}-stream-{ordinal}" for ordinal in (2, 1, 0)]
    since = [*reached.values()]
    assert since[1] - since[0] > 5, "they had to wait for what the first one says"


def _of_three_workers(rig: Rig, namespace: str) -> ChurnModelHandle:
    name = rig.name()
    rig.champion(name)
    return rig.create(namespace, name, stream=STREAM | {"replicas": 3})


def _wait_stream_ready(model: ChurnModelHandle) -> None:
    eventually(lambda: model.condition("StreamReady").get("status") == "True", SETTLE_SECONDS)


def _assert_held_back(rig: Rig, model: ChurnModelHandle, first: str) -> None:
    """The servers have the new version, the workers the first one, and a person is told."""
    eventually(lambda: model.condition("StreamReady").get("reason") == "ServesWorse", SETTLE_SECONDS)
    eventually(lambda: model.status()["stream"].get("updated") == 3, SETTLE_SECONDS)
    assert (model.status()["stream"]["digest"], _digest(model)) == (first, first)
    assert model.status()["stable"]["digest"] != first
    assert "is held back" in model.condition("StreamReady")["message"]
    events = rig.kube.items(f"/api/v1/namespaces/{model.namespace}/events")
    assert [one["type"] for one in events if one["reason"] == "StreamHeldBack"] == ["Warning"]
    assert model.is_ready()


@pytest.fixture
def scaled_by_keda(rig: Rig) -> Iterator[ChurnModelHandle]:
    """In a cluster that has KEDA's ScaledObjects when the operator starts."""
    name, namespace = rig.name(), rig.namespace()
    rig.champion(name)
    with keda_in(rig.kube), rig.operator([namespace]):
        stream = {key: value for key, value in STREAM.items() if key != "replicas"} | {"scaling": {"max": 4}}
        yield rig.create(namespace, name, stream=stream)


def test_keda_scales_where_the_cluster_has_it(rig: Rig, scaled_by_keda: ChurnModelHandle) -> None:
    model = scaled_by_keda
    (found,) = eventually(lambda: scaled_objects(rig.kube, model.namespace), SETTLE_SECONDS)
    assert found["spec"]["scaleTargetRef"]["name"] == f"{model.name}-stream"
    assert not model.children("HorizontalPodAutoscaler")
    model.change(stream={"replicas": 1, "scaling": None})
    eventually(lambda: not scaled_objects(rig.kube, model.namespace), SETTLE_SECONDS)
