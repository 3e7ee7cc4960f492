"""Every NetworkPolicy of manifests/ and of the builders, asked who reaches whom: what must work, and what must not."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions
from churn_operator.children.build_children import build_children
from churn_operator.children.network_policy import build_network_policy
from churn_operator.children.stream_network_policy import build_stream_network_policy
from churn_operator.decide.plan import Plan
from churn_operator.names import MEMBER_LABEL, TELLS_LABELS_LABEL
from churn_operator.observe.configuration import Configuration
from churn_operator.settings import Settings
from support.network_policies import Connection, Pod, allows
from support.observations import distributed, model, revision
from support.rendered_manifests import MANIFESTS, rendered, rendered_file
from support.stream_spec import STREAM

SYSTEM = "churnserve-system"
SETTINGS = Settings("serving:1", "scoring:1", "training:1", f"http://mlflow.{SYSTEM}:5000", SYSTEM)
SPEC = {
    "training": {"dataset": f"postgresql://postgresql.{SYSTEM}/churn/telco", "ensemble": "telco"},
    "serving": {"placement": "Distributed"},
    "batch": {
        "schedule": "@daily",
        "input": f"postgresql://postgresql.{SYSTEM}/churn/telco",
        "output": "scores",
        "volumeClaim": "tables",
    },
    "stream": STREAM,
}
MODELS_NAMESPACE = {"kubernetes.io/metadata.name": "churn", "churnserve.dev/models": "true"}
SYSTEM_NAMESPACE = {"kubernetes.io/metadata.name": SYSTEM}


def _children(settings: Settings = SETTINGS, spec: dict[str, Any] | None = None) -> list[Manifest]:
    one = distributed("1")
    plan = Plan(records=(one,), run=one, serving=one, members=(one,), train=True, batch=one, stream=one)
    return build_children(model(spec or SPEC), plan, settings)


def _pod(name: str, owner: Manifest, namespace_labels: dict[str, str]) -> Pod:
    template = owner["spec"]["template"]
    ports = {
        port["name"]: port["containerPort"]
        for container in template["spec"]["containers"]
        for port in container.get("ports", [])
    }
    namespace = owner["metadata"]["namespace"]
    return Pod(name, template["metadata"]["labels"], namespace, namespace_labels, ports)


def _pods(children: list[Manifest]) -> Iterator[Pod]:
    for child in children:
        if child["kind"] == "Job":
            yield _pod("training", child, MODELS_NAMESPACE)
        if child["kind"] == "CronJob":
            yield _pod("batch", {**child["spec"]["jobTemplate"], "metadata": child["metadata"]}, MODELS_NAMESPACE)
        if child["kind"] == "StatefulSet":
            yield _pod("stream", child, MODELS_NAMESPACE)
        if child["kind"] == "Deployment":
            labels = child["spec"]["template"]["metadata"]["labels"]
            yield _pod("member" if MEMBER_LABEL in labels else "serving", child, MODELS_NAMESPACE)
    for item in [*rendered(), *LABELS]:
        if item["kind"] in ("Deployment", "StatefulSet"):
            yield _pod(item["metadata"]["name"].removeprefix("churn-"), item, SYSTEM_NAMESPACE)
    ingest = rendered_file(MANIFESTS / "ingest-job.yaml")
    ingest["metadata"]["namespace"] = "churn"
    yield _pod("ingest", ingest, MODELS_NAMESPACE)


CHILDREN = _children()
LABELS = rendered(MANIFESTS / "labels")
BROKER = rendered(MANIFESTS / "kafka")


def _the(items: list[Manifest], kind: str) -> Manifest:
    (found,) = (item for item in items if item["kind"] == kind)
    return found


def _policy_of(name: str, spec: dict[str, Any]) -> Manifest:
    return build_network_policy(replace(model(spec), name=name), SETTINGS, False, [_configuration(spec)])


def _configuration(spec: dict[str, Any]) -> Configuration:
    return Configuration.from_spec(
        model(spec).spec, "serving:1", PodOptions(), labels_url=f"http://churn-labels.{SYSTEM}:8086"
    )


def _workers_policy_of(name: str, spec: dict[str, Any]) -> Manifest:
    asked = replace(model(spec), name=name)
    assert asked.spec.stream is not None
    plan = Plan(records=(replace(revision("1"), configuration=_configuration(spec)),))
    return build_stream_network_policy(asked, asked.spec.stream, plan, SETTINGS)


WATCHED = _policy_of("watched", {"drift": {}})
WATCHED_STREAM = _workers_policy_of("watched", {"drift": {}, "stream": STREAM})
TELLING = _policy_of("telling", {"labels": {"delay": "1440h", "sample": 0.1}, "rollout": {"sticky": "customer"}})
POLICIES = [
    item
    for item in [*rendered(), *LABELS, *BROKER, *CHILDREN, WATCHED, WATCHED_STREAM, TELLING]
    if item["kind"] == "NetworkPolicy"
]
PODS = {pod.name: pod for pod in _pods(CHILDREN)}
PODS["other model"] = Pod(
    "other model", {**(PODS["serving"].labels or {}), "churnserve.dev/model": "other"}, "churn", MODELS_NAMESPACE
)
PODS["stranger"] = Pod("stranger", {"app": "shop"}, "shop", {"kubernetes.io/metadata.name": "shop"})
PODS["DNS"] = Pod("DNS", {"k8s-app": "kube-dns"}, "kube-system", {"kubernetes.io/metadata.name": "kube-system"})
PODS["collector"] = Pod("collector", {}, "observability", {"kubernetes.io/metadata.name": "observability"})
PODS["Grafana"] = Pod(
    "Grafana", {"app.kubernetes.io/name": "grafana"}, "monitoring", {"kubernetes.io/metadata.name": "monitoring"}
)
PODS["other alertmanager"] = Pod("alertmanager", {"app.kubernetes.io/name": "alertmanager"}, "shop", {})
PODS["watched"] = Pod(
    "watched", {**(PODS["serving"].labels or {}), "churnserve.dev/model": "watched"}, "churn", MODELS_NAMESPACE
)
PODS["watched stream"] = replace(
    PODS["stream"], name="watched stream", labels={**(PODS["stream"].labels or {}), "churnserve.dev/model": "watched"}
)
PODS["telling"] = replace(
    PODS["watched"],
    name="telling",
    labels={**(PODS["serving"].labels or {}), "churnserve.dev/model": "telling", TELLS_LABELS_LABEL: "true"},
)
PODS["CRM's teller"] = Pod("CRM's teller", {TELLS_LABELS_LABEL: "true"}, "crm", {"kubernetes.io/metadata.name": "crm"})
PODS["outside"] = Pod("outside", None)
PODS["broker"] = _pod("broker", _the(BROKER, "StatefulSet"), {"kubernetes.io/metadata.name": "kafka"})
GRAFANA = rendered_file(MANIFESTS / "examples" / "grafana.yaml")
RECEIVERS = rendered_file(MANIFESTS / "examples" / "receivers" / "network-policy.yaml")
TRACES = rendered_file(MANIFESTS / "examples" / "traces.yaml")


class Row(NamedTuple):
    """Who asks whom at which port."""

    source: str
    target: str
    port: int


REACHED = [
    *(Row(fetcher, "mlflow", 5000) for fetcher in ("serving", "member", "training", "batch", "stream", "operator")),
    *(Row(job, "postgresql", 5432) for job in ("training", "ingest", "batch", "mlflow")),
    Row("serving", "member", 8081),
    *(Row(pod, peer, 8082) for pod in ("serving", "member", "batch", "stream") for peer in ("serving", "member")),
    *(Row("operator", pod, 8082) for pod in ("serving", "member", "stream")),
    *(Row("operator", "outside", port) for port in (443, 6443)),
    *(Row("stranger", "serving", port) for port in (8080, 8081, 8082)),
    *(Row("stranger", pod, 8082) for pod in ("member", "stream")),
    *(Row("stream", broker, 9092) for broker in ("broker", "outside")),
    Row("stranger", "operator", 8081),
    *(Row(pod, "operator", 8083) for pod in ("serving", "stream")),
    Row("prometheus", "operator", 8081),
    *(Row("prometheus", pod, 8082) for pod in ("serving", "member", "stream")),
    *(Row("prometheus", "outside", port) for port in (443, 6443)),
    Row("prometheus", "alertmanager", 9093),
    Row("alertmanager", "operator", 8085),
    *(Row(asker, pod, 8084) for asker in ("operator", "prometheus") for pod in ("watched", "watched stream")),
    *(Row(asker, "labels", 8086) for asker in ("operator", "telling", "CRM's teller")),
    Row("labels", "postgresql", 5432),
]
NOT_REACHED = [
    *(Row(pod, "postgresql", 5432) for pod in ("serving", "member", "operator", "stranger", "other model")),
    *(Row(pod, "mlflow", 5000) for pod in ("ingest", "stranger", "postgresql")),
    *(
        Row(pod, "member", port)
        for pod in ("stranger", "other model", "training", "batch", "operator")
        for port in (8080, 8081)
    ),
    *(Row("other model", pod, 8082) for pod in ("member", "serving")),
    *(
        Row(pod, "outside", 443)
        for pod in ("serving", "member", "training", "batch", "stream", "ingest", "mlflow", "postgresql")
    ),
    *(Row("stranger", job, 8080) for job in ("training", "batch", "ingest", "stream")),
    *(Row(pod, "operator", 8080) for pod in ("stranger", "serving")),
    Row("batch", "serving", 8080),
    *(Row(pod, "broker", 9092) for pod in ("stranger", "serving", "batch")),
    *(Row(job, "outside", 5432) for job in ("training", "batch")),
    Row("operator", "serving", 8080),
    *(Row(pod, "operator", 8085) for pod in ("stranger", "serving", "other alertmanager", "prometheus")),
    *(
        Row(pod, watched, 8084)
        for pod in ("stranger", "other model", "serving", "mlflow")
        for watched in ("watched", "watched stream")
    ),
    *(Row("prometheus", pod, 8084) for pod in ("serving", "stream")),
    *(Row(pod, "operator", 8083) for pod in ("stranger", "member", "training", "batch", "ingest", "mlflow")),
    *(Row(pod, "prometheus", 9090) for pod in ("stranger", "serving", "operator", "alertmanager")),
    *(Row(pod, "alertmanager", 9093) for pod in ("stranger", "serving", "operator")),
    *(Row("prometheus", pod, 8080) for pod in ("serving", "member", "operator")),
    *(Row("prometheus", pod, port) for pod, port in (("mlflow", 5000), ("postgresql", 5432))),
    Row("alertmanager", "outside", 443),
    *(Row(pod, "labels", 8086) for pod in ("serving", "watched", "member", "training", "batch", "stranger")),
    *(Row("labels", target, port) for target, port in (("mlflow", 5000), ("operator", 8083), ("outside", 443))),
    Row("telling", "postgresql", 5432),
]
PARTS = (
    *("serving", "member", "training", "batch", "ingest"),
    *("operator", "mlflow", "postgresql", "prometheus", "alertmanager", "labels", "telling"),
)


@pytest.mark.parametrize("row", REACHED, ids=lambda row: f"{row.source} to {row.target}:{row.port}")
def test_reached(row: Row) -> None:
    assert allows(POLICIES, Connection(PODS[row.source], PODS[row.target], row.port))


@pytest.mark.parametrize("row", NOT_REACHED, ids=lambda row: f"{row.source} to {row.target}:{row.port}")
def test_not_reached(row: Row) -> None:
    assert not allows(POLICIES, Connection(PODS[row.source], PODS[row.target], row.port))


@pytest.mark.parametrize("protocol", ["TCP", "UDP"])
@pytest.mark.parametrize("source", PARTS)
def test_everybody_resolves_names(source: str, protocol: str) -> None:
    assert allows(POLICIES, Connection(PODS[source], PODS["DNS"], 53, protocol))


class Elsewhere(NamedTuple):
    """An MLflow that is not the one of manifests/: its address, and a pod or address that it is."""

    tracking_uri: str
    target: Pod
    port: int


TRACKING = Pod("tracking", {}, "ml", {"kubernetes.io/metadata.name": "ml"})
ELSEWHERE = [
    Elsewhere("https://mlflow.example.com", PODS["outside"], 443),
    Elsewhere("http://tracking.ml.svc.cluster.local:8000", TRACKING, 8000),
]


@pytest.mark.parametrize("elsewhere", ELSEWHERE, ids=lambda elsewhere: elsewhere.tracking_uri)
@pytest.mark.parametrize("fetcher", ["serving", "member", "training", "batch"])
def test_an_mlflow_elsewhere_is_reached_and_the_one_of_the_manifests_is_not(elsewhere: Elsewhere, fetcher: str) -> None:
    children = _children(Settings("serving:1", "scoring:1", "training:1", elsewhere.tracking_uri, SYSTEM))
    policies = [item for item in [*rendered(), *children] if item["kind"] == "NetworkPolicy"]
    assert allows(policies, Connection(PODS[fetcher], elsewhere.target, elsewhere.port))
    assert not allows(policies, Connection(PODS[fetcher], PODS["operator"], 5000))


@pytest.mark.parametrize("port", [443, 587])
def test_alertmanager_reaches_receivers_by_the_example(port: int) -> None:
    told = Connection(PODS["alertmanager"], PODS["outside"], port)
    assert not allows(POLICIES, told)
    assert allows([*POLICIES, RECEIVERS], told)


def test_grafana_reaches_prometheus_by_the_example() -> None:
    asked = Connection(PODS["Grafana"], PODS["prometheus"], 9090)
    assert not allows(POLICIES, asked)
    assert allows([*POLICIES, GRAFANA], asked)
    assert not allows([*POLICIES, GRAFANA], Connection(PODS["stranger"], PODS["prometheus"], 9090))


@pytest.mark.parametrize("port", [4317, 4318])
@pytest.mark.parametrize("source", ["serving", "member"])
def test_spans_reach_a_collector_by_the_example(source: str, port: int) -> None:
    spans = Connection(PODS[source], PODS["collector"], port)
    assert not allows(POLICIES, spans)
    assert allows([*POLICIES, TRACES], spans)


@pytest.mark.parametrize("row", NOT_REACHED, ids=lambda row: f"{row.source} to {row.target}:{row.port}")
def test_the_example_for_spans_opens_nothing_else(row: Row) -> None:
    assert not allows([*POLICIES, TRACES], Connection(PODS[row.source], PODS[row.target], row.port))
