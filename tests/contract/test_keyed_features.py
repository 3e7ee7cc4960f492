"""Features of rows that name their customer, from a real store: what they are, and when they are missing."""

import asyncio
from pathlib import Path
from random import Random

import numpy as np
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import Matrix
from churn_models.feature_schema import FeatureSchema
from churn_models.stream_features.event import Event
from churn_models.stream_features.functions import features
from churn_models.stream_features.layout import StateLayout
from churn_runtimes.keyed.asking import Asking
from churn_runtimes.keyed.features import KeyedFeatures, NoStreamFeatures, open_keyed_features
from churn_runtimes.state.address import Address
from churn_runtimes.state.errors import StateDenied, StateUnavailable
from churn_runtimes.state.keys import Namespace, partition_of
from churn_runtimes.state.reader import StateReader
from churn_runtimes.v2.datatype import Datatype
from churn_runtimes.v2.tensor import Tensor
from support.redis_server import RedisServer
from support.streaming_bundle import streaming_bundle
from support.written_events import states_of, write_events

NOW = 1_700_000_000.5
CUSTOMERS = [f"c{number}" for number in range(40)]
_SECONDS = 5.0


@pytest.fixture(scope="module")
def streaming(telco_schema: FeatureSchema, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return streaming_bundle(telco_schema, tmp_path_factory.mktemp("streaming"))


def _events(seed: int) -> dict[str, list[Event]]:
    chance = Random(seed)
    return {
        customer: [
            Event(customer, NOW - chance.expovariate(1e-5), offset, (float(offset % 2), chance.expovariate(0.1)))
            for offset in range(1, chance.randrange(2, 30))
        ]
        for customer in CUSTOMERS[:-4]
    }


def _reader(url: str, bundle: Bundle) -> StateReader:
    layout = StateLayout.of(bundle.schema().stream)
    return StateReader(Address(url), Namespace(bundle.manifest.model, layout.digest.hex()), _SECONDS)


def _filled(url: str, bundle: Bundle, customers: list[str]) -> tuple[Matrix, bool]:
    schema = bundle.schema()
    reader = _reader(url, bundle)
    keyed = KeyedFeatures(schema, Asking([reader], _SECONDS), lambda: NOW)
    matrix = np.full((len(customers), len(schema.names)), np.nan, dtype=np.float32)
    key = Tensor(schema.identity or "", Datatype.BYTES, [len(customers)], list(customers))
    is_whole = asyncio.run(keyed.fill(matrix, keyed.read([key])))
    keyed.close()
    reader.close()
    return matrix[:, [schema.names.index(feature.name) for feature in schema.stream]], is_whole


def _expected(bundle: Bundle, events: dict[str, list[Event]], customers: list[str]) -> Matrix:
    layout = StateLayout.of(bundle.schema().stream)
    states = states_of(bundle.schema(), events)
    return np.array([features(layout, states.get(customer), NOW) for customer in customers], dtype=np.float32)


def test_each_row_has_the_features_of_its_customer_byte_for_byte(redis_url: str, streaming: Bundle) -> None:
    write_events(redis_url, streaming, events := _events(1))
    customers = Random(2).choices(CUSTOMERS, k=100)
    found, is_whole = _filled(redis_url, streaming, customers)
    assert is_whole
    assert found.tobytes() == _expected(streaming, events, customers).tobytes()


def test_rows_of_partitions_that_are_being_built_are_missing(redis_url: str, streaming: Bundle) -> None:
    write_events(redis_url, streaming, events := _events(3), rebuilding=[2])
    found, is_whole = _filled(redis_url, streaming, CUSTOMERS)
    built = np.array([partition_of(customer.encode(), 4) != 2 for customer in CUSTOMERS])
    assert not is_whole
    assert 0 < built.sum() < len(built)
    assert np.isnan(found[~built]).all()
    np.testing.assert_array_equal(found[built], _expected(streaming, events, CUSTOMERS)[built])


def test_another_number_of_partitions_is_noticed(redis_url: str, streaming: Bundle) -> None:
    write_events(redis_url, streaming, _events(4))
    layout = StateLayout.of(streaming.schema().stream)
    now = 0.0
    reader = StateReader(
        Address(redis_url), Namespace(streaming.manifest.model, layout.digest.hex()), _SECONDS, lambda: now
    )
    customers = [customer.encode() for customer in CUSTOMERS]
    before = [found.states[0] for found in reader.read(customers)]
    write_events(redis_url, streaming, later := _events(5), partitions=7)
    assert [found.states[0] for found in reader.read(customers)] == before
    now = 60.0
    states = states_of(streaming.schema(), later)
    assert [found.states[0] for found in reader.read(customers)] == [states.get(customer) for customer in CUSTOMERS]
    reader.close()


def test_a_store_that_no_worker_has_written_to_is_one_without_states(streaming: Bundle, tmp_path: Path) -> None:
    with RedisServer(tmp_path / "empty") as empty:
        with pytest.raises(StateUnavailable, match="no worker of the stream"):
            (reader := _reader(empty.url, streaming)).read([b"c1"])
        reader.close()
        assert not _filled(empty.url, streaming, CUSTOMERS[:1])[1]
        write_events(empty.url, streaming, _events(6))
        assert _filled(empty.url, streaming, CUSTOMERS[:1])[1]


def test_what_cannot_be_opened_is_told(streaming: Bundle, telco_schema: FeatureSchema) -> None:
    with pytest.raises(NoStreamFeatures, match="no features of kind: stream"):
        open_keyed_features(telco_schema, "telco", Address("redis://localhost"))
    with pytest.raises(StateDenied, match="address"):
        open_keyed_features(streaming.schema(), "telco", Address("http://localhost"))
