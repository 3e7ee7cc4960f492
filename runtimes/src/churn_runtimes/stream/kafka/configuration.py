"""Settings of librdkafka's clients, and which group protocol a broker is asked for. Pure."""

from collections.abc import Mapping

from churn_runtimes.stream.kafka.topic_limits import WrittenTopics
from churn_runtimes.stream.settings import Delivery, GroupProtocol, StreamSettings

Configuration = dict[str, str | int | float | bool]

SESSION_MS = 6_000
"""How long a killed worker's partitions wait for another one."""
LONGEST_SESSION_MS = 10_000
"""A broker that takes longer to end dead members (its default is 45 s) is asked by the classic protocol, where the
member itself says how long."""
TRANSACTION_MS = 5_000
"""A killed worker's open transaction hides everything behind it from readers for so long."""
_BATCH_BYTES = 1_000_000
"""librdkafka's own."""
PROTOCOLS = "group.coordinator.rebalance.protocols"
SESSION = "group.consumer.session.timeout.ms"


def protocol_for(asked: GroupProtocol, broker: Mapping[str, str | None]) -> GroupProtocol:
    """By the broker's own settings; empty where it has not told them."""
    if asked is not GroupProtocol.AUTO:
        return asked
    known = [name.strip() for name in (broker.get(PROTOCOLS) or "").split(",")]
    session = broker.get(SESSION) or ""
    is_soon = session.isdecimal() and int(session) <= LONGEST_SESSION_MS
    return GroupProtocol.CONSUMER if "consumer" in known and is_soon else GroupProtocol.CLASSIC


def consumer_configuration(settings: StreamSettings, protocol: GroupProtocol) -> Configuration:
    """Nothing is committed by itself; a group without offsets begins with the oldest message."""
    group: Configuration = (
        {"group.protocol": "consumer"}
        if protocol is GroupProtocol.CONSUMER
        else {
            "partition.assignment.strategy": "cooperative-sticky",
            "session.timeout.ms": SESSION_MS,
            "heartbeat.interval.ms": 500,
        }
    )
    return {
        **client_configuration(settings),
        **group,
        "group.id": settings.group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        # Customers are answered in turns with events by time: nobody is earlier than a customer where no more come.
        "enable.partition.eof": settings.events is not None,
        # With its default of a second a consumer that has emptied its queue stands still that long.
        "fetch.queue.backoff.ms": 5,
        # What is fetched ahead is read again by another worker when partitions move.
        "queued.min.messages": 20_000,
        "queued.max.messages.kbytes": 32_768,
    }


def event_configuration(settings: StreamSettings) -> Configuration:
    """Of the consumer of events, which is in no group: the client asks for the name of one all the same."""
    return {
        **client_configuration(settings),
        "group.id": f"{settings.group}-events",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "fetch.queue.backoff.ms": 5,
        "queued.min.messages": 20_000,
        "queued.max.messages.kbytes": 32_768,
    }


def producer_configuration(settings: StreamSettings, topics: WrittenTopics) -> Configuration:
    """Idempotent, so acks=all; an answer is tried for ever, as its message cannot be dropped."""
    mode: Configuration = {"message.timeout.ms": 0}
    if settings.delivery is Delivery.EXACTLY_ONCE:
        mode = {
            "transactional.id": str(settings.transactional_id),
            "transaction.timeout.ms": TRANSACTION_MS,
            # The pause after CONCURRENT_TRANSACTIONS, which comes at the beginning of most.
            "retry.backoff.ms": 10,
        }
    return {
        # The client refuses what is larger before a broker refuses a whole batch with it.
        "message.max.bytes": topics.batch_bytes,
        "batch.size": min(_BATCH_BYTES, topics.batch_bytes),
        **client_configuration(settings),
        **mode,
        "enable.idempotence": True,
        # As Java's clients do: an answer has the partition of its customer's message where both topics have as many.
        "partitioner": "murmur2_random",
        "linger.ms": 2,
        "queue.buffering.max.kbytes": 65_536,
    }


def client_configuration(settings: StreamSettings) -> Configuration:
    """What all clients have."""
    name = settings.transactional_id or settings.group
    return {"bootstrap.servers": settings.brokers, "client.id": name, **settings.client}
