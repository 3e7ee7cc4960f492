"""spec.pod and the installation's defaults in every pod template that is built, and what they cannot touch."""

import json
from dataclasses import replace
from typing import Any

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions, merged
from churn_operator.children.build_children import build_children
from churn_operator.decide.plan import Plan
from churn_operator.installation import Installation
from churn_operator.observe.configuration import Configuration
from churn_operator.settings import Settings
from support.observations import distributed, model
from support.stream_spec import STREAM

OPTIONS: dict[str, Any] = {
    "nodeSelector": {"pool": "models"},
    "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}},
    "priorityClassName": "high",
    "runtimeClassName": "gvisor",
    "serviceAccountName": "workload-identity",
    "imagePullSecrets": [{"name": "registry"}],
}
SPREAD = [{"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]
MORE: dict[str, Any] = {
    "labels": {"team": "crm"},
    "annotations": {"cost": "42"},
    "env": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
    "envFrom": [{"configMapRef": {"name": "certificates"}}],
    "topologySpreadConstraints": SPREAD,
}
TRAINING = {"dataset": "postgresql://db/churn/telco", "ensemble": "telco"}
BATCH = {"schedule": "@daily", "input": "in.parquet", "output": "scores", "volumeClaim": "tables"}
PARTS = ("training", "serving", "member", "batch", "stream")


def _templates(pod: dict[str, Any] | None, **options: Any) -> dict[str, Manifest]:
    """The pod templates of all parts."""
    training = TRAINING | options.pop("training", {})
    settings = Settings(
        "serving:1", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system", **options
    )
    spec = {"training": training, "serving": {"placement": "Distributed"}, "batch": BATCH, "stream": STREAM} | (
        {"pod": pod} if pod else {}
    )
    asked = model(spec)
    configured = Configuration.from_spec(asked.spec, "serving:1", settings.installation.pod)
    one = replace(distributed("1"), configuration=configured)
    plan = Plan(records=(one,), run=one, serving=one, members=(one,), train=True, batch=one, stream=one)
    children = build_children(asked, plan, settings)
    found: dict[str, Manifest] = {}
    for child in children:
        if child["kind"] in ("Job", "Deployment", "CronJob", "StatefulSet"):
            template = child["spec"].get("jobTemplate", child)["spec"]["template"]
            found[template["metadata"]["labels"]["app.kubernetes.io/component"]] = template
    return found


def _containers(template: Manifest) -> list[Manifest]:
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("where", ["spec.pod", "installation"])
def test_scheduling_is_as_it_is_asked_for(part: str, where: str) -> None:
    asked = PodOptions.model_validate(OPTIONS)
    given = _templates(OPTIONS) if where == "spec.pod" else _templates(None, installation=Installation(pod=asked))
    for name, value in OPTIONS.items():
        assert given[part]["spec"][name] == value


@pytest.mark.parametrize("part", PARTS)
def test_labels_annotations_and_variables_are_added(part: str) -> None:
    template = _templates(MORE)[part]
    assert template["metadata"]["labels"]["team"] == "crm"
    assert template["metadata"]["annotations"]["cost"] == "42"
    for container in _containers(template):
        assert MORE["env"][0] in container["env"]
        assert container["envFrom"] == MORE["envFrom"]


@pytest.mark.parametrize("part", PARTS)
def test_what_is_ours_cannot_be_replaced(part: str) -> None:
    evil = {
        "labels": {"churnserve.dev/model": "other", "app.kubernetes.io/component": "operator"},
        "annotations": {"churnserve.dev/digest": "sha256:0"},
        "env": [{"name": "MLFLOW_TRACKING_URI", "value": "http://evil"}, {"name": "HOME", "value": "/evil"}],
    }
    plain, given = _templates(None)[part], _templates(evil)[part]
    assert plain["metadata"]["labels"].items() <= given["metadata"]["labels"].items()
    assert plain["metadata"].get("annotations", {}).items() <= given["metadata"]["annotations"].items()
    for container in _containers(given):
        values = {variable["name"]: variable.get("value") for variable in container["env"]}
        assert "/evil" not in values.values()
        if "MLFLOW_TRACKING_USERNAME" in values:
            assert values["MLFLOW_TRACKING_URI"] == "http://mlflow.churnserve-system:5000"


@pytest.mark.parametrize("part", ["serving", "member"])
def test_pods_spread_among_those_of_their_own_deployment(part: str) -> None:
    template = _templates(MORE)[part]
    (spread,) = template["spec"]["topologySpreadConstraints"]
    assert spread.items() >= SPREAD[0].items()
    assert spread["labelSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()


def test_a_job_with_database_credentials_takes_no_variables_from_a_config_map() -> None:
    training = _templates(MORE, training={"credentialsSecret": "crm"})["training"]
    assert all("envFrom" not in container for container in _containers(training))


@pytest.mark.parametrize("part", PARTS)
def test_the_cluster_may_choose_the_user(part: str) -> None:
    fixed, free = _templates(None)[part], _templates(None, installation=Installation(run_as_user=None))[part]
    assert {fixed["spec"]["securityContext"][name] for name in ("runAsUser", "runAsGroup", "fsGroup")} == {65532}
    assert free["spec"]["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


@pytest.mark.parametrize("part", PARTS)
def test_the_pull_policy_is_the_installations(part: str) -> None:
    for container in _containers(_templates(None, pull_policy="Always")[part]):
        assert container["imagePullPolicy"] == "Always"


def test_a_models_field_replaces_a_default_and_maps_and_variables_are_joined() -> None:
    defaults = PodOptions.model_validate(
        {
            "nodeSelector": {"pool": "models", "zone": "a"},
            "tolerations": [{"operator": "Exists"}],
            "priorityClassName": "low",
            "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}],
        }
    )
    wanted = PodOptions.model_validate(
        {"nodeSelector": {"zone": "b"}, "tolerations": [], "env": [{"name": "B", "value": "2"}]}
    )
    found = merged(defaults, wanted)
    assert found.node_selector == {"pool": "models", "zone": "b"}
    assert (found.tolerations, found.priority_class_name) == ([], "low")
    assert {each.name: each.value for each in found.env or []} == {"A": "1", "B": "2"}
    assert merged(defaults, None) == defaults


def test_pod_options_are_part_of_a_configuration_and_come_back_from_its_record() -> None:
    plain, given = (
        Configuration.from_spec(model(spec).spec, "serving:1", PodOptions()) for spec in ({}, {"pod": MORE})
    )
    assert plain.pod is None
    assert "pod" not in plain.to_data()
    assert given != plain
    assert Configuration.from_data(json.loads(json.dumps(given.to_data()))) == given


def test_defaults_that_change_make_another_configuration() -> None:
    defaults = PodOptions.model_validate({"nodeSelector": {"pool": "models"}})
    spec = model({"pod": {"nodeSelector": {"pool": "models"}}}).spec
    assert Configuration.from_spec(spec, "serving:1", PodOptions()) == Configuration.from_spec(
        model().spec, "serving:1", defaults
    )
