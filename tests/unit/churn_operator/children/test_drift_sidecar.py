"""The drift sidecar in the pods of a revision that has one, and no trace of it in those of others."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions
from churn_operator.children.build_children import build_children
from churn_operator.decide.plan import Plan
from churn_operator.observe.configuration import Configuration
from churn_operator.observe.read_records import read_record
from churn_operator.observe.record import Record
from churn_operator.settings import Settings
from support.observations import DIGESTS, model, revision
from support.stream_spec import STREAM

SETTINGS = Settings(
    "serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system", "drift:1"
)


def configured(drift: dict[str, Any] | None = None, image: str = "serving:1", **spec: Any) -> Configuration:
    """What a spec with this section asks for."""
    asked = spec | ({} if drift is None else {"drift": drift})
    return Configuration.from_spec(model(asked).spec, image, PodOptions(), "drift:1")


def record_of(configuration: Configuration) -> Record:
    """Version 1 in that configuration."""
    return replace(revision("1"), configuration=configuration)


def _built(drift: dict[str, Any] | None) -> dict[str, Manifest]:
    one = record_of(configured(drift))
    asked = model({} if drift is None else {"drift": drift})
    children = build_children(asked, Plan(records=(one,), run=one, serving=one), SETTINGS)
    return {child["kind"]: child for child in children}


def _pod(drift: dict[str, Any] | None) -> Manifest:
    pod: Manifest = _built(drift)["Deployment"]["spec"]["template"]["spec"]
    return pod


def test_without_it_a_pod_is_what_it_was() -> None:
    bare = _pod(None)
    assert "tap" not in json.dumps(bare) and [one["name"] for one in bare["initContainers"]] == ["fetch-bundle"]
    watched = _pod({})
    (server,) = watched["containers"]
    assert watched["initContainers"].pop()["name"] == "drift"
    assert watched["volumes"].pop() == {"name": "tap", "emptyDir": {"medium": "Memory", "sizeLimit": "16Mi"}}
    assert server["volumeMounts"].pop() == {"name": "tap", "mountPath": "/tap"}
    assert [server["args"].pop(), server["args"].pop()] == ["/tap/tap.sock", "--tap"]
    assert watched == bare


def test_it_is_a_native_sidecar_that_holds_nobody_up() -> None:
    sidecar = _pod({})["initContainers"][-1]
    assert sidecar["restartPolicy"] == "Always"
    assert not [probe for probe in sidecar if probe.endswith("Probe")]
    assert sidecar["resources"] == {
        "requests": {"cpu": "20m", "memory": "160Mi"},
        "limits": {"cpu": "250m", "memory": "160Mi"},
    }
    assert sidecar["securityContext"]["readOnlyRootFilesystem"] is True
    assert {mount["name"]: mount.get("readOnly", False) for mount in sidecar["volumeMounts"]} == {
        "bundle": True,
        "tap": False,
        "tmp": False,
    }
    assert "secretKeyRef" not in json.dumps(sidecar)


def _workers(drift: dict[str, Any] | None) -> dict[str, Manifest]:
    """What the stream has of its own, with credentials."""
    one = record_of(configured(drift))
    asked = model({"stream": STREAM | {"credentialsSecret": "kafka"}} | ({} if drift is None else {"drift": drift}))
    children = build_children(asked, Plan(records=(one,), run=one, serving=one, stream=one), SETTINGS)
    return {child["kind"]: child for child in children if child["metadata"]["name"] == "telco-stream"}


def test_a_worker_has_the_servers_and_is_else_what_it_was() -> None:
    bare, watched = (_workers(one)["StatefulSet"]["spec"]["template"]["spec"] for one in (None, dict[str, Any]()))
    assert watched["initContainers"].pop() == _pod({})["initContainers"].pop()
    (worker,) = watched["containers"]
    assert [worker["args"].pop(), worker["args"].pop()] == ["/tap/tap.sock", "--tap"]
    assert worker["volumeMounts"].pop() == {"name": "tap", "mountPath": "/tap"}
    assert watched["volumes"].pop()["name"] == "tap"
    assert watched == bare


ENGINES = [
    ({}, "serving:1", "native", "160Mi"),
    ({"engine": "AlibiDetect"}, "drift:1", "alibi-detect", "300Mi"),
    ({"engine": "AlibiDetect", "resources": {"cpu": "50m", "memory": "500Mi"}}, "drift:1", "alibi-detect", "500Mi"),
]


@pytest.mark.parametrize(("drift", "image", "engine", "memory"), ENGINES)
def test_engine_image_and_memory(drift: dict[str, Any], image: str, engine: str, memory: str) -> None:
    sidecar = _pod({**drift, "window": {"rows": 2000, "minRows": 500, "maxAge": "24h"}})["initContainers"][-1]
    assert (sidecar["image"], sidecar["resources"]["limits"]["memory"]) == (image, memory)
    told = dict(zip(sidecar["args"][1::2], sidecar["args"][2::2], strict=True))
    assert (sidecar["args"][0], told) == (
        "drift",
        {
            "--bundle": "/bundle/files",
            "--digest": DIGESTS["1"],
            "--name": "telco",
            "--model-version": "1",
            "--engine": engine,
            "--window-rows": "2000",
            "--window-min-rows": "500",
            "--window-max-age-seconds": "86400",
            "--tap": "/tap/tap.sock",
        },
    )


@pytest.mark.parametrize("drift", [None, {}, {"engine": "AlibiDetect"}, {"window": {"rows": 500}}])
def test_a_record_keeps_it(drift: dict[str, Any] | None) -> None:
    one = record_of(configured(drift))
    kept = json.loads(json.dumps(_built(drift)["ControllerRevision"]))
    found = read_record(kept)
    assert found is not None and found.configuration == one.configuration
    # Revisions from before there were sidecars keep their names.
    assert ("drift" in kept["data"]) is (drift is not None)


def test_a_record_with_an_engine_of_the_future_is_still_read() -> None:
    kept = json.loads(json.dumps(_built({})["ControllerRevision"]))
    kept["data"]["drift"]["engine"] = "FromTheFuture"
    found = read_record(kept)
    assert found is not None and found.configuration.sidecar is None


SAME = [
    ("significance", {"significance": 0.001}, True),
    ("effect", {"effect": 0.2}, True),
    ("persistence", {"persistence": {"breaches": 3}}, True),
    ("engine", {"engine": "AlibiDetect"}, False),
    ("window", {"window": {"rows": 2000}}, False),
    ("resources", {"resources": {"memory": "500Mi"}}, False),
]


@pytest.mark.parametrize(("drift", "same"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_what_the_operator_alone_judges_by_rolls_no_pod(drift: dict[str, Any], same: bool) -> None:
    assert (configured(drift) == configured({})) is same


def test_no_pod_of_a_distributed_ensemble_has_one() -> None:
    assert configured({}, serving={"placement": "Distributed"}, rollout={"strategy": "Direct"}).sidecar is None


def test_another_image_with_alibi_detect_is_the_installations_doing_another_engine_is_the_users() -> None:
    present = configured({"engine": "AlibiDetect"})
    asked = model({"drift": {"engine": "AlibiDetect"}}).spec
    newer = Configuration.from_spec(asked, "serving:2", PodOptions(), "drift:2")
    assert newer.differs_by_installation(present, None)
    assert not configured({}).differs_by_installation(present, None)
    assert not configured({}).differs_by_installation(configured(None), None)


@pytest.mark.parametrize("build", [_built, _workers])
def test_only_operator_and_prometheus_may_ask_it(
    build: Callable[[dict[str, Any] | None], dict[str, Manifest]],
) -> None:
    (rule,) = [
        rule
        for rule in build({})["NetworkPolicy"]["spec"]["ingress"]
        if {"protocol": "TCP", "port": 8084} in rule["ports"]
    ]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8084}]
    assert [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in rule["from"]] == [
        "churn-operator",
        "prometheus",
    ]
    assert "8084" not in json.dumps(build(None)["NetworkPolicy"])


def test_workers_that_have_yet_to_roll_are_asked() -> None:
    newer, older = record_of(configured(None)), replace(record_of(configured({})), bundle=revision("2").bundle)
    plan = Plan(records=(newer, older), run=newer, serving=newer, stream=newer)
    children = build_children(model({"stream": STREAM}), plan, SETTINGS)
    policies = [child for child in children if child["kind"] == "NetworkPolicy"]
    assert [("8084" in json.dumps(one)) for one in policies] == [True, True]
