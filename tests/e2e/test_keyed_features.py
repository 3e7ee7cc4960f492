"""Servers that are asked with a customer's key in place of features of the stream, on a real Redis."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

import httpx
import numpy as np
import pandas as pd
import pytest
from churn_models.bundle import Bundle
from churn_models.combine import Scores
from churn_models.encoding import encode
from churn_models.feature_schema import FeatureSchema
from churn_models.stream_features.event import Event
from churn_models.stream_features.functions import features
from churn_models.stream_features.layout import StateLayout
from churn_models.stream_features.stream_feature import Aggregate, StreamFeature
from churn_runtimes.cli import main
from churn_training.datasets import Dataset
from support.bundle_server import bundle_server
from support.command_line import run
from support.eventually import eventually
from support.free_port import free_port
from support.keyed_requests import FORMS, Answered, Ask, ask_json, feature_tensors, key_tensor
from support.local_stack import Serving
from support.redis_server import RedisClusterServers, RedisServer
from support.streaming_bundle import streaming_bundle
from support.v2_tensors import Json, column_tensors, matrix_tensor
from support.written_events import states_of, write_events

STEADY = (
    StreamFeature(name="calls_30d", aggregate=Aggregate.COUNT, window="30d"),
    StreamFeature(name="support_300d", aggregate=Aggregate.SUM, of="support", window="300d"),
    StreamFeature(name="usual_minutes", aggregate=Aggregate.MEAN, of="minutes", window="300d"),
    StreamFeature(name="last_minutes", aggregate=Aggregate.LAST, of="minutes"),
)
"""Alike at the time of the request and a moment later, so that it need not be known exactly."""
CUSTOMERS = [str(number) for number in range(7000, 7040)]
_SECONDS = 30


@dataclass(frozen=True)
class World:
    """A server, what it knows of customers' events, and rows to ask with."""

    serving: Serving
    bundle: Bundle
    events: Mapping[str, Sequence[Event]]
    rows: pd.DataFrame
    schema: FeatureSchema
    """Without features of the stream."""
    metrics_url: str

    def columns(self, rows: int) -> list[Json]:
        """So many customers, without their names."""
        return column_tensors(self.schema, self.rows.head(rows))

    def keyed(self, customers: Sequence[str | int]) -> list[Json]:
        """One row for each of these."""
        return [*self.columns(len(customers)), key_tensor(self.bundle.schema().identity or "", customers)]

    def explicit(self, customers: Sequence[str]) -> list[Json]:
        """The same rows with the features that the customers have now."""
        layout = StateLayout.of(STEADY)
        states = states_of(self.bundle.schema(), self.events)
        found = np.array([features(layout, states.get(customer), time.time()) for customer in customers])
        columns = {feature.name: found[:, place].tolist() for place, feature in enumerate(STEADY)}
        return [*self.columns(len(customers)), *feature_tensors(columns)]

    def ask(self, tensors: Sequence[Json], ask: Ask = ask_json) -> Answered:
        """The ensemble's answer."""
        return ask(self.serving, "small", tensors)

    def ask_in_time(self, tensors: Sequence[Json], ask: Ask = ask_json) -> Answered:
        """The first answer that has waited for no slow machine."""

        def whole() -> Answered | None:
            found = self.ask(tensors, ask)
            return None if "degraded" in found.parameters else found

        found = eventually(whole, _SECONDS)
        assert found is not None
        return found

    def expect(self, customers: Sequence[str]) -> Scores:
        """Scores of the features passed explicitly."""
        return self.ask(self.explicit(customers)).scores

    def waited(self) -> float:
        """Seconds that requests have waited for the store."""
        return self.metric("churnserve_state_lookup_seconds_sum")

    def metric(self, name: str) -> float:
        """The sum of all that begin so."""
        lines = httpx.get(self.metrics_url).text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


@pytest.fixture(scope="module")
def streaming(telco_schema: FeatureSchema, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return streaming_bundle(telco_schema, tmp_path_factory.mktemp("streaming"), STEADY)


@pytest.fixture(scope="module")
def events() -> dict[str, list[Event]]:
    chance, now = Random(1), time.time()
    return {
        customer: [
            Event(customer, now - chance.expovariate(3e-7), offset, (float(offset % 2), chance.expovariate(0.1)))
            for offset in range(1, chance.randrange(2, 20))
        ]
        for customer in CUSTOMERS[:-4]
    }


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as running:
        yield running


@pytest.fixture(scope="module")
def world(
    redis: RedisServer,
    streaming: Bundle,
    events: dict[str, list[Event]],
    dataset: Dataset,
    telco_schema: FeatureSchema,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    write_events(redis.url, streaming, events)
    log, port = tmp_path_factory.mktemp("server") / "log", free_port()
    with bundle_server(streaming, log, ["--state", redis.url, "--metrics-port", str(port)]) as serving:
        yield World(serving, streaming, events, dataset.raw, telco_schema, f"http://127.0.0.1:{port}/metrics")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rows", [1, 2, 200])
def test_a_key_in_place_of_the_features_gives_their_answer(world: World, form: str, rows: int) -> None:
    customers = Random(rows).choices(CUSTOMERS, k=rows)
    found = world.ask_in_time(world.keyed(customers), FORMS[form])
    np.testing.assert_allclose(found.scores, world.expect(customers), rtol=0, atol=1e-12)
    numbers = world.ask_in_time(world.keyed([int(customer) for customer in customers]), FORMS[form])
    np.testing.assert_array_equal(numbers.scores, found.scores)


def test_events_change_the_answer(world: World) -> None:
    with_events, without = world.expect(CUSTOMERS[:1]), world.expect(["nobody"])
    assert with_events[0] != without[0]
    found = world.ask_in_time(world.keyed(["nobody"]))
    assert (found.scores.tolist(), dict(found.parameters)) == (without.tolist(), {})


@pytest.mark.parametrize("form", FORMS)
def test_members_are_asked_with_a_key_as_well(world: World, form: str) -> None:
    def member(serving: Serving, _: str, tensors: Sequence[Json]) -> Answered:
        return FORMS[form](serving, "small-lightgbm", tensors)

    found = world.ask_in_time(world.keyed(CUSTOMERS), member)
    np.testing.assert_array_equal(found.scores, world.ask(world.explicit(CUSTOMERS), member).scores)


def test_who_brings_the_features_asks_no_store(world: World) -> None:
    explicit = world.explicit(CUSTOMERS)
    whole = [*explicit, key_tensor("customerID", CUSTOMERS)]
    matrix = encode(world.bundle.schema(), {one["name"]: one["data"] for one in explicit}).matrix
    encoded = matrix_tensor(matrix, "FP64")
    before = world.metric("churnserve_state_lookups_total")
    for ask in FORMS.values():
        expected = world.ask(explicit, ask)
        for tensors in (whole, [encoded], [encoded, whole[-1]]):
            found = world.ask(tensors, ask)
            assert (found.scores.tolist(), dict(found.parameters)) == (expected.scores.tolist(), {})
    assert world.metric("churnserve_state_lookups_total") == before


def test_one_feature_that_is_given_stays_as_it_is(world: World) -> None:
    given = feature_tensors({"last_minutes": [1234.5]})
    explicit = [one for one in world.explicit(CUSTOMERS[:1]) if one["name"] != "last_minutes"]
    found = world.ask_in_time([*world.keyed(CUSTOMERS[:1]), *given])
    np.testing.assert_array_equal(found.scores, world.ask([*explicit, *given]).scores)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        pytest.param({"data": ["7000", ""]}, "row 1 names no customer", id="blank"),
        pytest.param({"data": [None, "7000"]}, "row 0 names no customer", id="null"),
        pytest.param({"data": ["7000"], "shape": [1]}, "1 customers, the other columns have 2 rows", id="too few"),
        pytest.param({"datatype": "FP32", "data": [7000.0, 1.0]}, "FP32 names no customers", id="floats"),
        pytest.param({"shape": [1, 2]}, "a column is", id="a row"),
    ],
)
def test_a_key_that_is_none_is_refused(world: World, key: Json, said: str) -> None:
    inputs = [*world.columns(2), key_tensor("customerID", CUSTOMERS[:2]) | key]
    answer = httpx.post(f"{world.serving.rest_url}/v2/models/small/infer", json={"inputs": inputs})
    assert (answer.status_code, said in answer.text) == (400, True), answer.text


def _is_whole(world: World) -> bool:
    return "degraded" not in world.ask(world.keyed(CUSTOMERS[:1])).parameters


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("harm", ["stops", "stands still"])
def test_while_the_store_is_away_answers_come_in_time_and_say_so(
    world: World, redis: RedisServer, form: str, harm: str
) -> None:
    assert eventually(lambda: _is_whole(world), _SECONDS)
    missing = world.ask(world.columns(20)).scores
    waited = world.waited()
    redis.stop() if harm == "stops" else redis.pause()
    try:
        for _ in range(20):
            found = world.ask(world.keyed(CUSTOMERS[:20]), FORMS[form])
            assert (found.scores.tolist(), dict(found.parameters)) == (
                missing.tolist(),
                {"degraded": "stream_features"},
            )
        seconds = (world.waited() - waited) / 20
        print(f"{form}, {harm}: {seconds * 1000:.1f} ms a request")
        assert seconds < 0.03
        assert world.metric('churnserve_state_lookups_total{result="away"}') > 0
    finally:
        redis.start() if harm == "stops" else redis.go_on()
    found = world.ask_in_time(world.keyed(CUSTOMERS[:20]), FORMS[form])
    np.testing.assert_allclose(found.scores, world.expect(CUSTOMERS[:20]), rtol=0, atol=1e-12)


def _seconds_beside_keyed(world: World) -> float:
    """The median of a request that brings all features, while others name customers."""
    url = f"{world.serving.rest_url}/v2/models/small/infer"
    bodies = [{"inputs": inputs} for inputs in (world.explicit(CUSTOMERS[:1]), world.keyed(CUSTOMERS[:1]))]
    ended = threading.Event()

    def ask_on() -> int:
        with httpx.Client(timeout=_SECONDS) as client:
            for asked in count(1):
                assert client.post(url, json=bodies[1]).status_code == 200
                if ended.is_set():
                    return asked
        raise AssertionError

    seconds = []
    with ThreadPoolExecutor(4) as threads, httpx.Client(timeout=_SECONDS) as client:
        others = [threads.submit(ask_on) for _ in range(4)]
        for _ in range(200):
            began = time.monotonic()
            assert client.post(url, json=bodies[0]).status_code == 200
            seconds.append(time.monotonic() - began)
        ended.set()
        asked = sum(other.result() for other in others)
    print(f"median {np.median(seconds) * 1000:.1f} ms, most {max(seconds) * 1000:.1f} ms, beside {asked} with a key")
    return float(np.median(seconds))


def test_a_store_that_stands_still_makes_no_other_request_wait(world: World, redis: RedisServer) -> None:
    usual = _seconds_beside_keyed(world)
    redis.pause()
    try:
        paused = _seconds_beside_keyed(world)
    finally:
        redis.go_on()
    assert paused < 2 * usual + 0.01
    assert eventually(lambda: _is_whole(world), _SECONDS)


def test_a_cluster_of_stores(
    streaming: Bundle,
    events: dict[str, list[Event]],
    dataset: Dataset,
    telco_schema: FeatureSchema,
    tmp_path: Path,
) -> None:
    with RedisClusterServers(tmp_path / "cluster") as cluster:
        write_events(cluster.url, streaming, events, partitions=12)
        with bundle_server(streaming, tmp_path / "log", ["--state", cluster.url]) as serving:
            world = World(serving, streaming, events, dataset.raw, telco_schema, "")
            assert eventually(lambda: _is_whole(world), _SECONDS)
            expected = world.expect(CUSTOMERS)
            np.testing.assert_allclose(world.ask_in_time(world.keyed(CUSTOMERS)).scores, expected, rtol=0, atol=1e-12)
            cluster.servers[1].pause()
            try:
                assert world.ask(world.keyed(CUSTOMERS)).parameters == {"degraded": "stream_features"}
            finally:
                cluster.servers[1].go_on()
            assert eventually(lambda: _is_whole(world), _SECONDS)
            np.testing.assert_allclose(world.ask_in_time(world.keyed(CUSTOMERS)).scores, expected, rtol=0, atol=1e-12)


def test_a_store_that_comes_later_holds_no_server_up(
    streaming: Bundle,
    events: dict[str, list[Event]],
    dataset: Dataset,
    telco_schema: FeatureSchema,
    tmp_path: Path,
) -> None:
    with RedisServer(tmp_path / "redis") as redis:
        redis.stop()
        with bundle_server(streaming, tmp_path / "log", ["--state", redis.url]) as serving:
            world = World(serving, streaming, events, dataset.raw, telco_schema, "")
            assert not _is_whole(world)
            redis.start()
            assert not _is_whole(world)  # no worker has written yet
            write_events(redis.url, streaming, events)
            assert eventually(lambda: _is_whole(world), _SECONDS)
        assert (tmp_path / "log").read_text().count("nothing comes from the state store yet") == 1


def test_what_serve_refuses(bundle: Bundle, streaming: Bundle, capsys: pytest.CaptureFixture[str]) -> None:
    def said(of: Bundle, *options: str) -> str:
        ports = [f"--rest-port={free_port()}", f"--metrics-port={free_port()}"]
        ended = run(main, ["serve", "--bundle", str(of.folder), *ports, *options], capsys)
        assert ended.exit_code != 0
        return " ".join(ended.output.replace("│", " ").split())

    assert "no features of kind: stream" in said(bundle, "--state", "redis://localhost")
    assert "the state store's address" in said(streaming, "--state", "http://localhost")
    assert "--state-credentials needs --state" in said(streaming, "--state-credentials", "nowhere")
    login = ["--state", "redis://localhost", "--state-credentials", "nowhere"]
    assert "nowhere: a folder with some of ca.crt, username, password" in said(streaming, *login)
    assert "--member does not" in said(streaming, "--state", "redis://localhost", "--member", "xgboost")


def test_without_a_store_a_key_is_no_feature(
    streaming: Bundle, dataset: Dataset, telco_schema: FeatureSchema, tmp_path: Path
) -> None:
    with bundle_server(streaming, tmp_path / "log") as serving:
        tensors = column_tensors(telco_schema, dataset.raw.head(1))
        assert ask_json(serving, "small", tensors).parameters == {}
        keyed = [*tensors, key_tensor("customerID", ["7000"])]
        answer = httpx.post(f"{serving.rest_url}/v2/models/small/infer", json={"inputs": keyed})
        assert (answer.status_code, "inputs that are no feature: customerID" in answer.text) == (400, True)
