"""What the local image's entry point finds of pods, and the labels that prometheus.yml makes of it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.local_prometheus_image import paths, targets, without_discovery
from support.rendered_manifests import MANIFESTS, rendered_file

CONFIGURATION = yaml.safe_load((MANIFESTS / "monitoring" / "prometheus" / "prometheus.yml").read_text())
POD: dict[str, Any] = {
    "metadata": {
        "name": "telco-1",
        "namespace": "churn",
        "labels": {"churnserve.dev/model": "telco", "app.kubernetes.io/component": "serving"},
    },
    "spec": {
        "containers": [{"ports": [{"containerPort": 8080}, {"containerPort": 8082}]}],
        "initContainers": [{}, {"ports": [{"containerPort": 8084}]}],
    },
    "status": {"phase": "Running", "podIP": "10.0.0.7"},
}


def test_every_port_is_a_target_with_the_labels_of_kubernetes_discovery() -> None:
    found = {target["targets"][0]: target["labels"] for target in targets(POD)}
    assert set(found) == {"10.0.0.7:8080", "10.0.0.7:8082", "10.0.0.7:8084"}
    assert found["10.0.0.7:8084"] == {
        "__meta_kubernetes_namespace": "churn",
        "__meta_kubernetes_pod_name": "telco-1",
        "__meta_kubernetes_pod_phase": "Running",
        "__meta_kubernetes_pod_label_churnserve_dev_model": "telco",
        "__meta_kubernetes_pod_label_app_kubernetes_io_component": "serving",
        "__meta_kubernetes_pod_container_port_number": "8084",
    }


def test_a_pod_without_an_address_is_none_and_one_of_ipv6_has_brackets() -> None:
    assert list(targets({**POD, "status": {"phase": "Pending"}})) == []
    six = targets({**POD, "status": {"phase": "Running", "podIP": "fd00::7"}})
    assert next(iter(six))["targets"] == ["[fd00::7]:8080"]


def test_the_configuration_asks_for_nothing_that_is_not_made() -> None:
    made = {name for target in targets(POD) for name in target["labels"]}
    made |= {f"__meta_kubernetes_pod_label_churnserve_dev_{name}" for name in ("revision", "track")}
    rules = [rule for scrape in CONFIGURATION["scrape_configs"] for rule in scrape.get("relabel_configs", [])]
    assert {label for rule in rules for label in rule["source_labels"]} <= made


JOBS = {
    "a server": ("serving", 8082, "serving"),
    "a member": ("member", 8082, "serving"),
    "a worker of a stream": ("stream", 8082, "stream"),
    "the sidecar of a server": ("serving", 8084, "drift"),
    "the sidecar of a worker": ("stream", 8084, "drift"),
}
(PODS,) = (scrape for scrape in CONFIGURATION["scrape_configs"] if scrape["job_name"] == "pods")
MONITOR = rendered_file(MANIFESTS / "monitoring" / "prometheus-operator" / "pod-monitor.yaml")
RELABELINGS: list[dict[str, Any]] = [
    {"target_label": rule["targetLabel"], "source_labels": rule["sourceLabels"], **rule}
    for rule in MONITOR["spec"]["podMetricsEndpoints"][0]["relabelings"]
]


@pytest.mark.parametrize("rules", [PODS["relabel_configs"], RELABELINGS], ids=["Prometheus", "its operator"])
@pytest.mark.parametrize(("component", "port", "job"), JOBS.values(), ids=JOBS)
def test_a_targets_job_is_said_by_its_port_and_what_it_belongs_to(
    component: str, port: int, job: str, rules: list[dict[str, Any]]
) -> None:
    labels = {
        "__meta_kubernetes_pod_label_app_kubernetes_io_component": component,
        "__meta_kubernetes_pod_container_port_number": str(port),
    }
    told = ""
    for rule in rules:
        found = ";".join(labels.get(name, "") for name in rule["source_labels"])
        if rule.get("target_label") == "job" and re.fullmatch(str(rule["regex"]), found):
            told = rule["replacement"]
    assert told == job


def test_only_what_kubernetes_would_find_is_taken_over(tmp_path: Path) -> None:
    tree, discoveries = without_discovery(CONFIGURATION, tmp_path)
    assert "kubernetes_sd_configs" not in str(tree)
    (wanted,) = discoveries.values()
    assert [path for one in wanted for path in paths(one)] == [
        "/api/v1/namespaces/churn/pods?labelSelector=app.kubernetes.io%2Fcomponent+in+%28serving%2C+member%2C+stream%29"
        "&resourceVersion=0"
    ]
    assert tree["scrape_configs"][0] == CONFIGURATION["scrape_configs"][0]
