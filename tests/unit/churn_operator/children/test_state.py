"""Serving pods that read a state store: told where, let out to it; without spec.serving.state what they were."""

import json
from dataclasses import replace
from typing import Any

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions
from churn_operator.children.build_children import build_children
from churn_operator.decide.plan import Plan
from churn_operator.observe.configuration import Configuration
from churn_operator.observe.read_records import read_record
from churn_operator.settings import Settings
from pydantic import ValidationError
from support.observations import model, revision

SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
BARE: dict[str, Any] = {}
URL = "redis://states.crm:6380/1"


def _stated(url: str, secret: str | None = None) -> dict[str, Any]:
    return {"serving": {"state": {"url": url} | ({"credentialsSecret": secret} if secret else {})}}


LOCKED = _stated(URL, "states")


def _configured(spec: dict[str, Any]) -> Configuration:
    return Configuration.from_spec(model(spec).spec, "serving:1", PodOptions())


def _built(spec: dict[str, Any]) -> dict[str, Manifest]:
    one = replace(revision("1"), configuration=_configured(spec))
    children = build_children(model(spec), Plan(records=(one,), run=one, serving=one), SETTINGS)
    return {child["kind"]: child for child in children}


def test_the_server_alone_is_told_where() -> None:
    pod = _built(_stated(URL))["Deployment"]["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    told = {one["name"]: one["value"] for one in server["env"] if one["name"].startswith("CHURN_STATE")}
    assert told == {"CHURN_STATE": URL, "CHURN_STATE_NAME": "churn.telco"}
    server["env"] = [one for one in server["env"] if one["name"] not in told]
    assert pod == _built(BARE)["Deployment"]["spec"]["template"]["spec"]


def test_a_password_is_a_file_of_the_server_alone() -> None:
    pod = _built(LOCKED | {"pod": {"envFrom": [{"configMapRef": {"name": "more"}}]}})
    pod = pod["Deployment"]["spec"]["template"]["spec"]
    (server,), (fetch,) = pod["containers"], pod["initContainers"]
    folder = server["args"][server["args"].index("--state-credentials") + 1]
    (mount,) = [one for one in server["volumeMounts"] if one["mountPath"] == folder]
    assert mount["readOnly"]
    assert {"name": mount["name"], "secret": {"secretName": "states"}} in pod["volumes"]
    assert mount["name"] not in [one["name"] for one in fetch["volumeMounts"]]
    # A ConfigMap's variables could lead the password to another host.
    assert "envFrom" not in server


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        pytest.param(URL, {"to": "crm", "port": 6380}, id="a Service"),
        pytest.param("rediss://states.example.com", {"to": None, "port": 6379}, id="elsewhere"),
        pytest.param("redis+cluster://states.crm.svc", {"to": "crm", "port": 6379}, id="a cluster"),
        pytest.param("redis+cluster://10.0.0.5", {"to": None, "port": 6379}, id="a cluster by one of its addresses"),
    ],
)
def test_the_network_lets_it(url: str, rule: dict[str, Any]) -> None:
    before = _built(BARE)["NetworkPolicy"]["spec"]["egress"]
    (added,) = [one for one in _built(_stated(url))["NetworkPolicy"]["spec"]["egress"] if one not in before]
    assert added["ports"] == [{"protocol": "TCP", "port": rule["port"]}]
    namespaces = [
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in added.get("to", [])
    ]
    assert namespaces == ([rule["to"]] if rule["to"] else [])


@pytest.mark.parametrize("spec", [BARE, _stated(URL), LOCKED], ids=["bare", "stated", "locked"])
def test_a_record_keeps_it(spec: dict[str, Any]) -> None:
    kept = json.loads(json.dumps(_built(spec)["ControllerRevision"]))
    found = read_record(kept)
    assert found is not None and found.configuration == _configured(spec)
    # Revisions from before keep their names.
    assert ("state" in kept["data"]) is (spec is not BARE)
    assert ("stateCredentials" in kept["data"]) is (spec is LOCKED)


def test_another_address_is_its_users_doing() -> None:
    assert not _configured(_stated(URL)).differs_by_installation(_configured(BARE), None)
    assert not _configured(LOCKED).differs_by_installation(_configured(_stated(URL)), None)


@pytest.mark.parametrize(
    "url",
    [
        "states:6379",
        "http://states",
        "redis://me:secret@states",
        "redis://$(X)",
        "redis://a,b",
        "redis://a:65536",
        "redis+cluster://a/1",
        "redis://[::::]:6379",
        "redis://[1.2.3.4]",
    ],
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValidationError):
        model(_stated(url))


@pytest.mark.parametrize("url", ["redis://a:65535", "rediss+cluster://[fd00::1]:1/0", "redis://10.0.0.1"])
def test_what_is_one(url: str) -> None:
    state = _configured(_stated(url)).state
    assert state is not None and state.url == url
