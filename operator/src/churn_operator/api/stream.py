"""spec.stream: customers of one Kafka topic scored into another, by as many workers as are asked for."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from churn_operator.api.base import ApiModel
from churn_operator.api.batch import Output
from churn_operator.api.database import own_secret_rule
from churn_operator.api.pod_options import Rule
from churn_operator.api.quantities import Name
from churn_operator.api.resources import ComputeResources, one_core
from churn_operator.api.state import State

_BROKER = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[1-9][0-9]{0,4}"
_NAME = r"^[A-Za-z0-9._-]+$"

Topic = Annotated[str, StringConstraints(pattern=_NAME, max_length=249)]


class Delivery(StrEnum):
    """How often the answer to a message is read."""

    AT_LEAST_ONCE = "AtLeastOnce"  # once more after a crash, with the same `churn-source`
    EXACTLY_ONCE = "ExactlyOnce"  # by readers that read what is committed alone


class StreamScaling(ApiModel):
    """Bounds and target of what scales the workers."""

    lag_per_pod: int = Field(
        default=50_000,
        ge=1,
        le=10_000_000,
        description="For KEDA: one worker for so many messages that wait. A worker scores some 40,000 a second on a "
        "core of its own.",
    )
    max: int = Field(
        ge=1, le=1000, description="Most workers: more than the input has partitions have nothing to do. The fewest: 1."
    )
    trigger_authentication: Name | None = Field(
        default=None,
        description="TriggerAuthentication in the ChurnModel's namespace by which KEDA logs in to brokers that ask for "
        "it.",
    )


def _topics_differ() -> Rule:
    pairs = (("input", "output"), ("input", "deadLetter"), ("output", "deadLetter"))
    return (
        " && ".join(f"self.{one} != self.{other}" for one, other in pairs),
        "input, output and deadLetter are three topics: a worker would read what it has written",
    )


class Stream(ApiModel):
    """A Kafka topic that is scored as it comes: a StatefulSet of workers, which share the topic's partitions."""

    rules: ClassVar[list[Rule]] = [
        ("!(has(self.replicas) && has(self.scaling))", "set either replicas or scaling, not both"),
        _topics_differ(),
        (
            "!has(self.events) || !(self.events in [self.input, self.output, self.deadLetter])",
            "events is a topic of its own: its messages are neither customers nor answers",
        ),
        (
            "!([self.input, self.output, self.deadLetter] + (has(self.events) ? [self.events] : [])).exists(topic, "
            "topic == '.' || topic == '..')",
            "Kafka has no topics called . and ..",
        ),
        (
            "has(self.events) == has(self.state)",
            "events and state come together: what is known of customers from events is kept in the state store",
        ),
        (
            "self.brokers.split(',').all(broker, int(broker.split(':')[size(broker.split(':')) - 1]) <= 65535)",
            "brokers are HOST:PORT, and a port is at most 65535",
        ),
        own_secret_rule(),
        one_core("a worker scores on one core, and more messages need more workers (replicas or scaling)"),
    ]

    brokers: Annotated[str, StringConstraints(pattern=rf"^{_BROKER}(,{_BROKER})*$", max_length=1024)] = Field(
        description="HOST:PORT of Kafka's brokers, one or several by commas. The workers' NetworkPolicy lets them out "
        "to these ports, on whatever host: name each port on which brokers are reached."
    )
    credentials_secret: Name | None = Field(
        default=None,
        description="Secret in the ChurnModel's namespace, mounted as files: ca.crt, tls.crt and tls.key for TLS, "
        "username, password and mechanism for SASL, each where it is needed.",
    )
    input: Topic = Field(description="Topic of the customers to score. It has to exist, as the others.")
    output: Topic = Field(description="Topic of their scores.")
    dead_letter: Topic = Field(description="Topic of the messages that nothing can score.")
    events: Topic | None = Field(
        default=None,
        description="Topic of customers' events, by which features of kind stream are computed; with as many "
        "partitions as input, and keyed alike. Without it messages bring these features. A version whose schema has "
        "none does not score with it.",
    )
    state: State | None = Field(
        default=None,
        description="State store where the workers keep what is known of customers from events. The servers read it, "
        "too, where spec.serving.state names it.",
    )
    group: Annotated[str, StringConstraints(pattern=_NAME, max_length=128)] | None = Field(
        default=None,
        description="Consumer group, where its offsets are kept. Without it: NAMESPACE.NAME of the ChurnModel.",
    )
    delivery: Delivery = Field(
        default=Delivery.AT_LEAST_ONCE,
        description="AtLeastOnce: after a crash an answer may come once more, with the same header churn-source. "
        "ExactlyOnce: by transactions, for readers of what is committed.",
    )
    outputs: Annotated[list[Output], Field(max_length=16)] | None = Field(
        default=None,
        description="What is answered beside churn_probability: calibrated_probability, decision, member.NAME.",
    )
    top_reasons: int = Field(
        default=0, ge=0, le=100, description="How many of the largest contributions of a customer are named."
    )
    replicas: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="A fixed number of workers. Without it and without scaling: 1."
    )
    scaling: StreamScaling | None = Field(
        default=None,
        description="Scale the workers instead: by messages that wait, where the cluster has KEDA, else by CPU.",
    )
    resources: ComputeResources = Field(
        default=ComputeResources(cpu="1", memory="1Gi"),
        description="CPU and memory of each worker. It scores on one core, so cpu is at most 1.",
    )

    @property
    def ports(self) -> tuple[int, ...]:
        """On which the brokers are reached, each once."""
        return tuple(sorted({int(broker.rpartition(":")[2]) for broker in self.brokers.split(",")}))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Those that are named, as lists of hosts have them."""
        return tuple(broker.rpartition(":")[0].strip("[]").lower().rstrip(".") for broker in self.brokers.split(","))
