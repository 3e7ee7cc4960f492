"""Puts together what a worker needs for features from events; called once, by `run`."""

from dataclasses import dataclass

from churn_models.feature_schema import FeatureSchema
from churn_models.outputs import Outputs
from churn_models.stream_features.event import EventReader
from churn_models.stream_features.layout import StateLayout

from churn_runtimes.state.address import Address
from churn_runtimes.state.events_topic import EventsTopic
from churn_runtimes.state.keys import Namespace
from churn_runtimes.state.store import StateStore
from churn_runtimes.stream.batch import BatchReader
from churn_runtimes.stream.errors import ConfigInvalid
from churn_runtimes.stream.events.event_reading import EventReading
from churn_runtimes.stream.events.keeper import Keeper
from churn_runtimes.stream.events.stateful import Stateful
from churn_runtimes.stream.kafka.event_source import EventSource
from churn_runtimes.stream.kafka.source import Source
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.metrics import StreamMetrics

_ANSWER_SECONDS = 2.0
"""How long the store is waited for; the loop stands still so long at most."""


@dataclass(frozen=True)
class Scored:
    """One model: by what name its states are kept, what its customers look like, and what it answers."""

    state_name: str
    schema: FeatureSchema
    outputs: Outputs


def with_states(
    scored: Scored,
    state: Address,
    inputs: tuple[Source, EventSource],
    topic: EventsTopic,
    metrics: StreamMetrics,
    life: Life,
) -> Stateful:
    """In place of a BatchReader. Raises ConfigInvalid or StateDenied."""
    schema = scored.schema
    if not schema.stream:
        raise ConfigInvalid("--events: schema.yaml of this model has no features of kind: stream")
    layout = StateLayout.of(schema.stream)
    namespace = Namespace(scored.state_name, layout.digest.hex())
    store = StateStore(state, namespace, topic, int(layout.lifetime), _ANSWER_SECONDS)
    source, events = inputs
    reader = BatchReader(schema, scored.outputs, [feature.name for feature in schema.stream])
    # Messages without a key are dead letters: nobody knows by what their partition was chosen.
    event_reader = EventReader(layout.fields, None, schema.missing_markers)
    reading = EventReading(events, event_reader, topic.partitions, metrics)
    return Stateful(reader, schema, source, reading, Keeper(store, events, metrics, life))
