"""manifests/ as kubectl renders it: overlays agree with what the unit tests read, and say what they promise."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.api_server import ApiServer
from support.operator_rbac import model_role
from support.rendered_manifests import MANIFESTS, rendered

OVERLAYS = ("kind", "local", "openshift")
Object = dict[str, Any]


def _kustomize(folder: Path) -> list[Object]:
    ended = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True, check=True)
    return [item for item in yaml.safe_load_all(ended.stdout) if item]


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> tuple[str, list[Object]]:
    return request.param, _kustomize(MANIFESTS / "overlays" / request.param)


def _key(item: Object) -> tuple[str, str, str]:
    return item["kind"], item["metadata"].get("namespace", ""), item["metadata"]["name"]


def test_unit_tests_read_the_policies_that_kubectl_renders(overlay: tuple[str, list[Object]]) -> None:
    name, items = overlay
    read = rendered(MANIFESTS / "overlays" / name)
    mine = {_key(item): item["spec"] for item in read if item["kind"] == "NetworkPolicy"}
    theirs = {_key(item): item["spec"] for item in items if item["kind"] == "NetworkPolicy"}
    if name == "openshift":  # its DNS has another port
        mine = {key: spec for key, spec in mine.items() if key[2] != "default-deny"}
        theirs = {key: spec for key, spec in theirs.items() if key[2] != "default-deny"}
    assert mine == theirs


def test_the_roles_for_people_are_ones_that_the_api_server_takes(
    overlay: tuple[str, list[Object]], server: ApiServer
) -> None:
    roles = [item for item in overlay[1] if item["kind"] == "ClusterRole"]
    assert {item["metadata"]["name"] for item in roles} == {"churnmodel-view", "churnmodel-edit", "churnmodel-admin"}
    for item in roles:
        server.admin.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", item, dryRun="All")


def test_every_image_has_its_pull_policy_also_in_the_operators_environment(overlay: tuple[str, list[Object]]) -> None:
    for item in overlay[1]:
        if item["kind"] in ("Deployment", "StatefulSet"):
            (container,) = item["spec"]["template"]["spec"]["containers"]
            assert container["imagePullPolicy"] == "IfNotPresent"
            if item["metadata"]["name"] == "churn-operator":
                assert {"name": "CHURN_PULL_POLICY", "value": "IfNotPresent"} in container["env"]


def test_people_and_prometheus_operator_are_components_of_an_overlay(tmp_path: Path) -> None:
    folder = _overlay(
        tmp_path, "overlays/local/kustomization.yaml", "../../images",
        "../../images\n  - ../../examples/receivers\n  - ../../monitoring/prometheus-operator",
    )  # fmt: skip
    items = {_key(item): item for item in _kustomize(folder)}
    (mounted,) = [
        volume["configMap"]["name"]
        for volume in items["Deployment", "churnserve-system", "alertmanager"]["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "configuration"
    ]
    data = items["ConfigMap", "churnserve-system", mounted]["data"]
    assert "slack_configs" in data["alertmanager.yml"]
    assert ("PrometheusRule", "churnserve-system", "churnserve") in items
    dashboards = items["ConfigMap", "churnserve-system", "churnserve-dashboards"]
    assert dashboards["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert set(dashboards["data"]) == {"drift.json", "operator.json", "rollout.json", "serving.json"}


def test_late_labels_are_a_component_of_an_overlay(tmp_path: Path) -> None:
    before = {_key(item) for item in _kustomize(MANIFESTS / "overlays" / "local")}
    folder = _overlay(tmp_path, "overlays/local/kustomization.yaml", "../../images", "../../labels\n  - ../../images")
    items = {_key(item): item for item in _kustomize(folder)}
    assert before < set(items), "what was there stays in its namespace"
    assert {namespace for _, namespace, _ in set(items) - before} == {"churnserve-system"}
    (labels,) = items["Deployment", "churnserve-system", "churn-labels"]["spec"]["template"]["spec"]["containers"]
    assert labels["imagePullPolicy"] == "IfNotPresent"
    files = {word.rpartition("/")[2] for word in labels["args"] if "token-file" in word}
    assert files == {"token", "predictions-token"}
    (operator,) = items["Deployment", "churnserve-system", "churn-operator"]["spec"]["template"]["spec"]["containers"]
    assert {"name": "CHURN_LABELS_URL", "value": "http://churn-labels.churnserve-system:8086"} in operator["env"]


def test_openshift_fixes_no_user_and_asks_its_own_dns() -> None:
    text = yaml.safe_dump_all(_kustomize(MANIFESTS / "overlays" / "openshift"))
    assert "runAsUser: 65532" not in text
    assert "fsGroup:" not in text
    assert "port: 53\n" not in text


def test_an_image_is_renamed_in_one_place(tmp_path: Path) -> None:
    digest = "sha256:" + "0" * 64
    folder = _overlay(tmp_path, "images/kustomization.yaml", "churnserve/serving, newTag: dev", "churnserve/serving, "
                      f"newName: registry.example/serving, digest: '{digest}'")  # fmt: skip
    (operator,) = [item for item in _kustomize(folder) if _key(item)[::2] == ("Deployment", "churn-operator")]
    variables = {
        each["name"]: each.get("value") for each in operator["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert variables["CHURN_SERVING_IMAGE"] == f"registry.example/serving@{digest}"


def test_namespaces_by_label_have_the_rights_of_those_by_name(tmp_path: Path) -> None:
    folder = _overlay(
        tmp_path, "overlays/local/kustomization.yaml", "../../images", "../../images\n  - ../../namespaces-by-label"
    )
    items = _kustomize(folder)
    (role,) = [item for item in items if _key(item)[::2] == ("ClusterRole", "churn-operator")]
    assert role["rules"] == [
        *model_role()["rules"],
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]},
    ]
    (operator,) = [item for item in items if _key(item)[::2] == ("Deployment", "churn-operator")]
    variables = {each["name"] for each in operator["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert "CHURN_NAMESPACE_SELECTOR" in variables
    assert "CHURN_NAMESPACES" not in variables


def _overlay(scratch: Path, file: str, old: str, new: str) -> Path:
    """The local overlay in a copy of manifests/ with one change."""
    copy = scratch / "manifests"
    subprocess.run(["cp", "-r", str(MANIFESTS), str(copy)], check=True)
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    return copy / "overlays" / "local"
