"""What a worker is told, and the file of further settings for Kafka's clients."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from churn_runtimes.state.address import Address
from churn_runtimes.stream.errors import ConfigInvalid


class Delivery(StrEnum):
    """How often the answer to a message is read."""

    AT_LEAST_ONCE = "at-least-once"  # once more after a crash, with the same `churn-source`
    EXACTLY_ONCE = "exactly-once"  # by readers that read what is committed alone


class GroupProtocol(StrEnum):
    """How the workers of a group share the partitions."""

    AUTO = "auto"  # CONSUMER where the broker has it and ends dead members soon enough
    CONSUMER = "consumer"  # KIP-848, Kafka 4.0 and later
    CLASSIC = "classic"  # cooperative


@dataclass(frozen=True)
class Topics:
    """By name; of the last two each worker of a group writes both."""

    input: str
    output: str
    dead_letter: str


@dataclass(frozen=True)
class EventSettings:
    """Of features that are computed from a topic of events, which has as many partitions as the input's."""

    topic: str
    state: Address
    state_name: str | None = None
    """By what name the states are kept; None: the model's."""


@dataclass(frozen=True)
class StreamSettings:
    """Of one worker. `client` goes to Kafka's clients as it is: TLS, SASL, compression."""

    brokers: str
    topics: Topics
    group: str
    delivery: Delivery = Delivery.AT_LEAST_ONCE
    transactional_id: str | None = None
    protocol: GroupProtocol = GroupProtocol.AUTO
    commit_seconds: float = 0.1
    max_batch: int = 512
    client: Mapping[str, str] = field(default_factory=dict)
    events: EventSettings | None = None


OURS = frozenset(
    {
        "bootstrap.servers",
        "group.id",
        "group.protocol",
        "transactional.id",
        "enable.auto.commit",
        "enable.auto.offset.store",
        "enable.idempotence",
        "acks",
        "request.required.acks",
        "isolation.level",
        "partition.assignment.strategy",
        "message.timeout.ms",
        "delivery.timeout.ms",
    }
)
"""What a file must not set: the command line's, and what no message is lost by."""


def read_properties(path: Path) -> dict[str, str]:
    """`name=value` of librdkafka, one a line; lines that begin with # are comments. Raises ConfigInvalid."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"--config {path}: {error}") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ConfigInvalid(f"--config {path}, line {number}: write name=value, such as security.protocol=SASL_SSL")
        if name in OURS:
            raise ConfigInvalid(f"--config {path}, line {number}: {name} is the worker's own; leave it out")
        found[name] = value.strip()
    return found
