"""Customers' states as workers of the stream leave them in the store, without Kafka."""

from collections.abc import Mapping, Sequence

from churn_models.bundle import Bundle
from churn_models.feature_schema import FeatureSchema
from churn_models.stream_features.event import Event
from churn_models.stream_features.functions import apply
from churn_models.stream_features.layout import StateLayout
from churn_runtimes.state.address import Address
from churn_runtimes.state.events_topic import EventsTopic
from churn_runtimes.state.keys import Namespace, partition_of
from churn_runtimes.state.record import Record
from churn_runtimes.state.store import StateStore, Write

_SECONDS = 5.0


def write_events(
    url: str,
    bundle: Bundle,
    events: Mapping[str, Sequence[Event]],
    partitions: int = 4,
    rebuilding: Sequence[int] = (),
    topic: str = "events@1",
) -> None:
    """All of these customers' events into all partitions, some of which are not built to their end yet."""
    states = states_of(bundle.schema(), events)
    namespace = Namespace(bundle.manifest.model, StateLayout.of(bundle.schema().stream).digest.hex())
    store = StateStore(Address(url), namespace, EventsTopic(topic, partitions), 3600, _SECONDS)
    store.announce()
    before = {number: found.record for number, found in store.read({place: () for place in range(partitions)}).items()}
    store.write(
        [
            Write(
                number,
                before[number],
                Record(1, number not in rebuilding, "tests"),
                {
                    key.encode(): state
                    for key, state in states.items()
                    if partition_of(key.encode(), partitions) == number
                },
            )
            for number in range(partitions)
        ]
    )
    store.close()


def states_of(schema: FeatureSchema, events: Mapping[str, Sequence[Event]]) -> dict[str, bytes]:
    """By customer; who has no events has no state."""
    layout = StateLayout.of(schema.stream)
    states: dict[str, bytes] = {}
    for customer, own in events.items():
        for event in own:
            states[customer] = apply(layout, states.get(customer), event)
    return states
