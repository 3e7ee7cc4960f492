"""Pods that post predictions have what that needs; without spec.labels.sample they are what they were."""

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
from support.observations import model, revision

URL = "http://churn-labels.churnserve-system:8086"
SETTINGS = Settings("serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
LABELS = {"delay": "1440h"}
SAMPLED = {"labels": {**LABELS, "sample": 0.1}, "rollout": {"sticky": "x-customer"}}
BARE = {"rollout": {"sticky": "x-customer"}}


def _configured(spec: dict[str, Any], url: str | None = URL) -> Configuration:
    return Configuration.from_spec(model(spec).spec, "serving:1", PodOptions(), labels_url=url)


def _built(spec: dict[str, Any]) -> dict[str, Manifest]:
    one = replace(revision("1"), configuration=_configured(spec))
    children = build_children(model(spec), Plan(records=(one,), run=one, serving=one), SETTINGS)
    return {child["kind"]: child for child in children}


@pytest.mark.parametrize("labels", [LABELS, {**LABELS, "sample": 0}, {**LABELS, "sample": 0.0}])
def test_without_a_sample_nothing_of_the_children_changes(labels: dict[str, Any]) -> None:
    assert _built({**BARE, "labels": labels}) == _built(BARE)
    assert "abels-token" not in json.dumps(_built(BARE))


def test_a_pod_is_told_where_of_whom_and_by_which_name() -> None:
    template = _built(SAMPLED)["Deployment"]["spec"]["template"]
    bare = _built(BARE)["Deployment"]["spec"]["template"]
    (server,) = template["spec"]["containers"]
    told = {one["name"]: one["value"] for one in server["env"] if one["name"].startswith("CHURN_LABELS")}
    assert told == {
        "CHURN_LABELS_URL": URL,
        "CHURN_LABELS_SAMPLE": "0.1",
        "CHURN_LABELS_CUSTOMER": "x-customer",
        "CHURN_LABELS_MODEL": "telco",
        "CHURN_LABELS_TOKEN_FILE": "/var/run/churnserve/labels/predictions-token",
    }
    volume = template["spec"]["volumes"].pop()
    assert volume["secret"]["secretName"] == "churn-labels"
    assert volume["secret"]["optional"], "a Secret that is not there costs no pod"
    assert [item["key"] for item in volume["secret"]["items"]] == ["predictions-token"], "not who may tell outcomes"
    assert server["volumeMounts"].pop()["readOnly"]
    assert template["metadata"]["labels"].pop("churnserve.dev/tells-labels") == "true"
    server["env"] = [one for one in server["env"] if one["name"] not in told]
    assert template["spec"] == bare["spec"]


def test_the_network_lets_them() -> None:
    egress = _built(SAMPLED)["NetworkPolicy"]["spec"]["egress"]
    assert [rule for rule in egress if rule["ports"] == [{"protocol": "TCP", "port": 8086}]]
    assert "8086" not in json.dumps(_built(BARE)["NetworkPolicy"])


@pytest.mark.parametrize("spec", [BARE, SAMPLED], ids=["bare", "sampled"])
def test_a_record_keeps_it(spec: dict[str, Any]) -> None:
    kept = json.loads(json.dumps(_built(spec)["ControllerRevision"]))
    found = read_record(kept)
    assert found is not None and found.configuration == _configured(spec)
    # Revisions from before predictions were kept keep their names.
    assert ("predictions" in kept["data"]) is (spec is SAMPLED)


def test_a_record_of_the_future_is_still_read() -> None:
    kept = json.loads(json.dumps(_built(SAMPLED)["ControllerRevision"]))
    kept["data"]["predictions"] = {"sample": "by the moon"}
    found = read_record(kept)
    assert found is not None and found.configuration.predictions is None


_SAME = {
    "another delay": ({**SAMPLED, "labels": {"delay": "24h", "sample": 0.1}}, True),
    "another share": ({**SAMPLED, "labels": {**LABELS, "sample": 0.2}}, False),
    "another name of the customer": ({**SAMPLED, "rollout": {"sticky": "customer"}}, False),
    "another step": ({**SAMPLED, "rollout": {"sticky": "x-customer", "probation": "2h"}}, True),
}


@pytest.mark.parametrize("name", _SAME)
def test_only_what_the_server_is_told_rolls_its_pods(name: str) -> None:
    spec, same = _SAME[name]
    assert (_configured(spec) == _configured(SAMPLED)) is same


def test_another_name_of_the_customer_rolls_no_pod_that_keeps_nothing() -> None:
    assert _configured({"rollout": {"sticky": "customer"}}) == _configured(BARE)


def test_an_installation_without_a_labels_process_has_nobody_to_tell() -> None:
    assert _configured(SAMPLED, None) == _configured(BARE)


def test_another_address_is_the_installations_doing() -> None:
    moved = _configured(SAMPLED, "http://labels.elsewhere:8086")
    assert moved.differs_by_installation(_configured(SAMPLED), None)
    assert not _configured(SAMPLED).differs_by_installation(_configured(BARE), None)


def test_no_pod_of_a_distributed_ensemble_posts() -> None:
    spread = {**SAMPLED, "serving": {"placement": "Distributed"}, "rollout": {"strategy": "Direct", "sticky": "c"}}
    assert _configured(spread).predictions is None
