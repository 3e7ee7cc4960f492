"""spec.stream as children: workers of one StatefulSet, what scales them, and whom they may reach."""

from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from churn_operator.api.manifest import Manifest
from churn_operator.api.pod_options import PodOptions
from churn_operator.api.status import ChurnModelStatus
from churn_operator.children.build_children import build_children
from churn_operator.children.stream_stateful_set import build_stream_stateful_set
from churn_operator.decide.plan import Plan
from churn_operator.observe.stream import read_stream
from churn_operator.observe.stream_reach import StreamReach, read_stream_reach
from churn_operator.observe.stream_roll import StreamRoll
from churn_operator.settings import Settings
from support.observations import DIGESTS, deployed, model, observed, plan_of, revision, served
from support.stream_spec import STREAM

SETTINGS = Settings("serving:2", "scoring:1", "training:1", "http://mlflow.churnserve-system:5000", "churnserve-system")
EVENTS = STREAM | {"events": "clicks", "state": {"url": "redis://states.crm:6380"}}
SCALED = {name: value for name, value in STREAM.items() if name != "replicas"} | {"scaling": {"max": 6}}


def _built(
    stream: dict[str, Any], keda: bool = False, roll: StreamRoll | None = None, **spec: Any
) -> dict[str, Manifest]:
    one = revision("1")
    plan = Plan(records=(one,), run=one, serving=one, stream=one, stream_roll=roll or StreamRoll(), has_keda=keda)
    children = build_children(model({"stream": stream, **spec}), plan, SETTINGS)
    return {child["kind"]: child for child in children if child["metadata"]["name"] == "telco-stream"}


def _container(stream: dict[str, Any], **spec: Any) -> Manifest:
    (container,) = _built(stream, **spec)["StatefulSet"]["spec"]["template"]["spec"]["containers"]
    found: Manifest = container
    return found


def _after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


def test_workers_start_together_and_roll_one_by_one() -> None:
    spec = _built(STREAM)["StatefulSet"]["spec"]
    assert (spec["replicas"], spec["podManagementPolicy"]) == (2, "Parallel")
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}


def test_while_a_version_is_compared_it_comes_to_the_last_worker_alone() -> None:
    built = _built(STREAM, roll=StreamRoll(compared_with="before", partition=1))["StatefulSet"]
    assert built["spec"]["updateStrategy"]["rollingUpdate"] == {"partition": 1}
    assert built["metadata"]["annotations"] == {"churnserve.dev/compared-with": "before"}


def test_a_worker_scores_by_the_stable_bundle_in_the_image_that_serves_it() -> None:
    template, container = _built(STREAM)["StatefulSet"]["spec"]["template"], _container(STREAM)
    (fetch,) = template["spec"]["initContainers"]
    assert container["args"][0] == "stream"
    assert _after(container["args"], "--digest") == _after(fetch["args"], "--digest") == DIGESTS["1"]
    assert _after(container["args"], "--bundle") == _after(fetch["args"], "--to")
    assert _after(container["args"], "--model-version") == "1"
    assert {container["image"], fetch["image"]} == {"serving:1"}
    assert template["metadata"]["labels"]["churnserve.dev/revision"] == revision("1").identifier
    assert "churnserve.dev/track" not in template["metadata"]["labels"]


def test_topics_group_and_delivery_are_told() -> None:
    words = _container(STREAM | {"outputs": ["decision"], "topReasons": 3})["args"]
    told = {option: _after(words, option) for option in ("--brokers", "--input", "--output", "--dead-letter")}
    assert told == {
        "--brokers": "kafka.messages:9092",
        "--input": "customers",
        "--output": "scores",
        "--dead-letter": "customers.dead",
    }
    assert _after(words, "--group") == "churn.telco"
    assert _after(words, "--delivery") == "at-least-once"
    assert {"--output-value=decision", "--top-reasons=3"} <= {*words}
    assert "--transactional-id" not in words


def test_exactly_once_each_pod_has_a_transactional_id_of_its_own_that_outlives_it() -> None:
    container = _container(STREAM | {"delivery": "ExactlyOnce", "group": "scorers"})
    variables = {one["name"]: one.get("valueFrom") for one in container["env"]}
    assert _after(container["args"], "--delivery") == "exactly-once"
    assert _after(container["args"], "--transactional-id") == "scorers.churn.$(CHURN_POD)"
    assert variables["CHURN_POD"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_credentials_are_files_of_the_worker_alone() -> None:
    template = _built(STREAM | {"credentialsSecret": "kafka"})["StatefulSet"]["spec"]["template"]["spec"]
    (fetch,), (worker,) = template["initContainers"], template["containers"]
    folder = _after(worker["args"], "--credentials")
    assert {"name": "credentials", "mountPath": folder, "readOnly": True} in worker["volumeMounts"]
    assert {"name": "credentials", "secret": {"secretName": "kafka"}} in template["volumes"]
    assert all(mount["name"] != "credentials" for mount in fetch["volumeMounts"])
    assert "--credentials" not in _container(STREAM)["args"]


def test_a_worker_asks_the_operator_which_other_version_scores_beside_its_own() -> None:
    # In a variable: a worker of an older image would end by an argument that it does not know.
    told = {one["name"]: one.get("value") for one in _container(STREAM)["env"]}
    assert told["CHURN_TRAFFIC_URL"] == "http://churn-operator-traffic.churnserve-system:8083/traffic/churn/telco"


def test_events_and_where_states_are_kept_are_told() -> None:
    words = _container(EVENTS)["args"]
    assert (_after(words, "--events"), _after(words, "--state")) == ("clicks", "redis://states.crm:6380")
    assert _after(words, "--state-name") == "churn.telco"
    assert {"--events", "--state", "--state-name"}.isdisjoint(_container(STREAM)["args"])


def test_the_state_stores_password_lies_apart_from_the_brokers() -> None:
    locked = EVENTS | {"state": EVENTS["state"] | {"credentialsSecret": "states"}, "credentialsSecret": "kafka"}
    template = _built(locked)["StatefulSet"]["spec"]["template"]["spec"]
    (worker,) = template["containers"]
    secrets = {one["name"]: one["secret"]["secretName"] for one in template["volumes"] if "secret" in one}
    mounted = {one["mountPath"]: secrets[one["name"]] for one in worker["volumeMounts"] if one["name"] in secrets}
    told = {_after(worker["args"], option): option for option in ("--credentials", "--state-credentials")}
    assert {told[path]: secret for path, secret in mounted.items()} == {
        "--credentials": "kafka",
        "--state-credentials": "states",
    }
    assert "--state-credentials" not in _container(EVENTS)["args"]


@pytest.mark.parametrize(
    ("stream", "has_them"),
    [
        (EVENTS, True),
        (EVENTS | {"credentialsSecret": "kafka"}, False),
        (EVENTS | {"state": EVENTS["state"] | {"credentialsSecret": "states"}}, False),
    ],
    ids=["nothing to lead astray", "the brokers'", "the store's"],
)
def test_a_config_maps_variables_lead_no_credentials_to_another_host(stream: dict[str, Any], has_them: bool) -> None:
    one, asked = revision("1"), model({"stream": stream})
    options = PodOptions.model_validate({"envFrom": [{"configMapRef": {"name": "more"}}]})
    one = replace(one, configuration=replace(one.configuration, pod=options))
    assert asked.spec.stream is not None
    built = build_stream_stateful_set(asked, asked.spec.stream, one, StreamRoll(), SETTINGS)
    (worker,) = built["spec"]["template"]["spec"]["containers"]
    assert ("envFrom" in worker) is has_them


def test_probes_ask_what_the_worker_answers() -> None:
    container = _container(STREAM)
    asked = {name: container[name]["httpGet"]["path"] for name in container if name.endswith("Probe")}
    assert asked == {"startupProbe": "/live", "readinessProbe": "/ready", "livenessProbe": "/live"}


@pytest.mark.parametrize(
    ("brokers", "ports"),
    [
        ("kafka:9092", [9092]),
        ("a.example:9093,b.example:9093,[fd00::1]:19092", [9093, 19092]),
    ],
)
def test_workers_reach_the_brokers_ports_and_what_a_fetch_needs(brokers: str, ports: list[int]) -> None:
    spec = _built(STREAM | {"brokers": brokers})["NetworkPolicy"]["spec"]
    reached = [port["port"] for rule in spec["egress"] for port in rule["ports"]]
    assert reached == [53, 53, 5000, 8082, 8083, *ports]
    assert spec["ingress"] == [{"ports": [{"protocol": "TCP", "port": 8082}]}]
    labels = _built(STREAM)["StatefulSet"]["spec"]["template"]["metadata"]["labels"]
    assert spec["podSelector"]["matchLabels"].items() <= labels.items()


def test_workers_with_events_reach_the_state_store_too() -> None:
    before, after = (_built(stream)["NetworkPolicy"]["spec"]["egress"] for stream in (STREAM, EVENTS))
    (added,) = [rule for rule in after if rule not in before]
    crm = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "crm"}}}
    assert added == {"to": [crm], "ports": [{"protocol": "TCP", "port": 6380}]}


class Ways(NamedTuple):
    """Out of the workers' pods."""

    brokers: list[int]
    stores: list[Manifest]


def _ways(asked: dict[str, Any], *live: dict[str, Any]) -> Ways:
    """With this spec.stream, while workers run by each of `live`, the last of which the StatefulSet has."""
    sets = [_built(one)["StatefulSet"] for one in live]
    pods = [{"metadata": {"name": "worker"}, "spec": one["spec"]["template"]["spec"]} for one in sets]
    workers = read_stream({**sets[-1], "metadata": {"generation": 1}}, pods)
    told = model({"stream": asked}, ChurnModelStatus(stable=served("1")))
    plan = plan_of(observed(model=told, deployed=deployed("1"), stream=workers))
    built = [one for one in build_children(told, plan, SETTINGS) if one["kind"] == "NetworkPolicy"]
    *_, egress = (one["spec"]["egress"] for one in built if one["metadata"]["name"] == "telco-stream")
    brokers, *stores = egress[4:]
    return Ways([port["port"] for port in brokers["ports"]], stores)


def _store(namespace: str, port: int) -> Manifest:
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    return {"to": [peer], "ports": [{"protocol": "TCP", "port": port}]}


CRM = _store("crm", 6380)
CHANGES: dict[str, tuple[dict[str, Any], Ways, Ways]] = {
    "the store's port": (
        EVENTS | {"state": {"url": "redis://states.crm:6390"}},
        Ways([9092], [CRM, _store("crm", 6390)]),
        Ways([9092], [_store("crm", 6390)]),
    ),
    "the store's host": (
        EVENTS | {"state": {"url": "redis://states.crn:6380"}},
        Ways([9092], [CRM, _store("crn", 6380)]),
        Ways([9092], [_store("crn", 6380)]),
    ),
    "the brokers' port": (
        EVENTS | {"brokers": "kafka.messages:9093"},
        Ways([9092, 9093], [CRM]),
        Ways([9093], [CRM]),
    ),
    "no events": (STREAM, Ways([9092], [CRM]), Ways([9092], [])),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_spec_cuts_off_no_worker_that_runs_as_before(name: str) -> None:
    asked, while_it_rolls, then = CHANGES[name]
    assert _ways(asked, EVENTS) == while_it_rolls, "before the StatefulSet is written"
    assert _ways(asked, EVENTS, asked) == while_it_rolls
    assert _ways(asked, asked) == then


@pytest.mark.parametrize(
    "arguments",
    [[], ["--brokers"], ["--brokers", "kafka", "--state", "file:///states"], ["--brokers", "kafka:99999"]],
)
def test_what_is_not_understood_of_a_worker_opens_nothing(arguments: list[str]) -> None:
    pod = {"spec": {"containers": [{"name": "injected"}, {"name": "stream", "args": arguments}]}}
    assert read_stream_reach(pod) == StreamReach()


def test_a_drained_node_takes_one_worker_at_a_time() -> None:
    built = _built(STREAM)
    assert built["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1
    selector = built["StatefulSet"]["spec"]["selector"]
    assert built["PodDisruptionBudget"]["spec"]["selector"] == selector
    assert {"HorizontalPodAutoscaler", "ScaledObject"}.isdisjoint(built)


def test_without_keda_an_autoscaler_goes_by_the_workers_cpu() -> None:
    built = _built(SCALED)
    spec = built["HorizontalPodAutoscaler"]["spec"]
    assert "replicas" not in built["StatefulSet"]["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "telco-stream"}
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 6)
    assert spec["metrics"][0]["containerResource"]["container"] == "stream"
    assert "ScaledObject" not in built


def test_with_keda_the_messages_that_wait_decide() -> None:
    scaling = {"max": 6, "lagPerPod": 1000, "triggerAuthentication": "kafka"}
    built = _built(SCALED | {"scaling": scaling}, keda=True)
    spec = built["ScaledObject"]["spec"]
    (trigger,) = spec["triggers"]
    assert trigger["metadata"] == {
        "bootstrapServers": "kafka.messages:9092",
        "consumerGroup": "churn.telco",
        "topic": "customers",
        "lagThreshold": "1000",
        "offsetResetPolicy": "earliest",
    }
    assert trigger["authenticationRef"] == {"name": "kafka"}
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (1, 6)
    assert "HorizontalPodAutoscaler" not in built
