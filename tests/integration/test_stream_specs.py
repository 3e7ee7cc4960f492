"""spec.stream as the API server takes it: what is refused, with which sentence."""

from functools import partial

import pytest
from support.api_server import ApiServer
from support.bad_spec import BadSpec, shortcoming
from support.churn_model_handle import churn_model, churn_models
from support.kube_client import KubeClient, Object
from support.stream_spec import STREAM

NAMESPACE = "stream-specs"
THREE = "input, output and deadLetter are three topics"
OWN = "events is a topic of its own"
TOGETHER = "events and state come together"
STATE: Object = {"url": "redis://states.crm:6379"}

BAD = [
    BadSpec("no brokers", {"brokers": None}, "spec.stream.brokers", "Required value"),
    BadSpec("no input", {"input": None}, "spec.stream.input", "Required value"),
    BadSpec("no dead letters", {"deadLetter": None}, "spec.stream.deadLetter", "Required value"),
    BadSpec("unknown field", {"topic": "x"}, "spec.stream.topic", "unknown field"),
    BadSpec("a broker without a port", {"brokers": "kafka"}, "spec.stream.brokers", "should match"),
    BadSpec("a broker with a scheme", {"brokers": "kafka://k:9092"}, "spec.stream.brokers", "should match"),
    BadSpec("a broker with a variable", {"brokers": "$(X):9092"}, "spec.stream.brokers", "should match"),
    BadSpec("a port that is none", {"brokers": "kafka:0"}, "spec.stream.brokers", "should match"),
    BadSpec("a port above all", {"brokers": "kafka:65536"}, "spec.stream", "a port is at most 65535"),
    BadSpec("scores among customers", {"output": "customers"}, "spec.stream", THREE),
    BadSpec("dead letters among customers", {"deadLetter": "customers"}, "spec.stream", THREE),
    BadSpec("dead letters among scores", {"deadLetter": "scores"}, "spec.stream", THREE),
    BadSpec("a topic that Kafka has not", {"input": "a b"}, "spec.stream.input", "should match"),
    BadSpec("a topic like a folder", {"input": ".."}, "spec.stream", "no topics called . and .."),
    BadSpec("events among customers", {"events": "customers", "state": STATE}, "spec.stream", OWN),
    BadSpec("events among scores", {"events": "scores", "state": STATE}, "spec.stream", OWN),
    BadSpec("events among dead letters", {"events": "customers.dead", "state": STATE}, "spec.stream", OWN),
    BadSpec("events like a folder", {"events": ".", "state": STATE}, "spec.stream", "no topics called . and .."),
    BadSpec("events that Kafka has not", {"events": "a b", "state": STATE}, "spec.stream.events", "should match"),
    BadSpec("events without a place for states", {"events": "clicks"}, "spec.stream", TOGETHER),
    BadSpec("a place for states without events", {"state": STATE}, "spec.stream", TOGETHER),
    BadSpec("a store without an address", {"events": "clicks", "state": {}}, "spec.stream.state.url", "Required value"),
    BadSpec(
        "a store with a password",
        {"events": "clicks", "state": {"url": "redis://:secret@states"}},
        "spec.stream.state.url",
        "should match",
    ),
    BadSpec(
        "MLflow's Secret for the store",
        {"events": "clicks", "state": STATE | {"credentialsSecret": "mlflow-credentials"}},
        "spec.stream.state",
        "ChurnServe's own",
    ),
    BadSpec("a group with a space", {"group": "a b"}, "spec.stream.group", "should match"),
    BadSpec("fixed and scaled", {"scaling": {"max": 3}}, "spec.stream", "either replicas or scaling, not both"),
    BadSpec("scaled without an end", {"replicas": None, "scaling": {}}, "spec.stream.scaling.max", "Required value"),
    BadSpec("no workers", {"replicas": 0}, "spec.stream.replicas", "greater than or equal to 1"),
    BadSpec("delivery unknown", {"delivery": "AtMostOnce"}, "spec.stream.delivery", "supported values"),
    BadSpec("two cores", {"resources": {"cpu": "2"}}, "spec.stream", "a worker scores on one core"),
    BadSpec("MLflow's Secret", {"credentialsSecret": "mlflow-credentials"}, "spec.stream", "ChurnServe's own"),
    BadSpec("an output that is none", {"outputs": ["a b"]}, "spec.stream.outputs[0]", "should match"),
]

GOOD: dict[str, Object] = {
    "two workers": {},
    "the rest by default": {"replicas": None},
    "scaled": {"replicas": None, "scaling": {"max": 3, "lagPerPod": 10_000, "triggerAuthentication": "kafka"}},
    "three brokers": {"brokers": "a.example:9093,10.0.0.1:9092,[fd00::1]:9092", "credentialsSecret": "kafka"},
    "in full": {
        "events": "clicks",
        "state": STATE | {"credentialsSecret": "states"},
        "delivery": "ExactlyOnce",
        "group": "Scorers_1",
        "outputs": ["calibrated_probability", "decision", "member.random-forest"],
        "topReasons": 3,
        "resources": {"cpu": "500m", "memory": "2Gi"},
    },
}


@pytest.fixture(scope="module")
def kube(server: ApiServer) -> KubeClient:
    server.admin.create("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    return server.admin


def test_bad_streams_are_refused_with_a_helpful_text(kube: KubeClient) -> None:
    unhelpful = [text for case in BAD if (text := shortcoming(case, partial(_try, kube)))]
    assert not unhelpful, "\n".join(unhelpful)


@pytest.mark.parametrize("change", GOOD.values(), ids=GOOD.keys())
@pytest.mark.parametrize("placement", ["Colocated", "Distributed"])
def test_good_streams_are_accepted_beside_whatever_serves(kube: KubeClient, change: Object, placement: str) -> None:
    assert _try(kube, change, placement)["spec"]["stream"]["delivery"]


def _try(kube: KubeClient, change: Object, placement: str = "Colocated") -> Object:
    body = churn_model(NAMESPACE, "telco")
    body["spec"] |= {"serving": {"placement": placement}, "rollout": {"strategy": "Direct"}}
    body["spec"]["stream"] = {name: value for name, value in {**STREAM, **change}.items() if value is not None}
    return kube.create(churn_models(NAMESPACE), body, dryRun="All", fieldValidation="Strict")
