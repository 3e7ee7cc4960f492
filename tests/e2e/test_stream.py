"""The stream's worker on a real broker: the answers that REST gives, poison, who is let in, and the demo."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
from churn_models.bundle import Bundle
from churn_models.digest import digest_of
from churn_models.drift.categorical_counts import CategoricalCounts
from churn_models.drift.report import Report
from churn_models.drift.row_counter import RowCounter
from churn_models.feature_schema import FeatureSchema
from churn_models.traffic import OfferedTable, State, Traffic
from churn_runtimes.stream.credentials import read_credentials
from churn_runtimes.stream.errors import StreamUnavailable
from churn_runtimes.stream.kafka.administration import Administration
from churn_runtimes.stream.kafka.configuration import client_configuration
from churn_runtimes.stream.kafka.producing import NO_KEY, TOO_LARGE
from churn_runtimes.stream.life import Life
from churn_runtimes.stream.settings import StreamSettings, Topics
from support.bundle_server import bundle_server
from support.demo_stream import Story
from support.demo_stream_world import World
from support.drift_sidecar import RunningSidecar, drift_sidecar
from support.eventually import eventually
from support.figures import record
from support.kafka_broker import KafkaBroker
from support.kafka_security import PASSWORD, USER
from support.kafka_topics import Reader, Sent, committed, headers_of, send, source_of, value_of
from support.probe import succeeds
from support.redis_server import RedisServer
from support.stream_messages import V2_HEADERS, customers, poisons, v2_request
from support.stream_worker import VERSION, StreamWorker
from support.tables import change, packed
from support.traffic_server import TrafficServer

PARTITIONS = 4
SECONDS = 300
DAY_MS = 86_400_000
NO_KEY_AT, TOO_LARGE_AT = 4_800, 4_900
OTHER = f"sha256:{'0' * 64}"
_NO_LAG = 'churnserve_stream_lag{partition="0"} 0.0'

Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    with KafkaBroker(tmp_path_factory.mktemp("kafka") / "broker") as running:
        yield running


@pytest.fixture
def operator() -> Iterator[TrafficServer]:
    with TrafficServer() as running:
        yield running


@pytest.fixture(scope="module")
def rows(telco_schema: FeatureSchema) -> list[Row]:
    return customers(telco_schema, 500)


def _messages(rows: Sequence[Row], count: int) -> list[Sent]:
    bodies = [orjson.dumps(row) for row in rows]
    return [Sent(bodies[number % len(bodies)], b"customer-%d" % number) for number in range(count)]


def _rest_answers(bundle: Bundle, log: Path, rows: Sequence[Row], schema: FeatureSchema) -> list[float]:
    with bundle_server(bundle, log) as serving:
        url = f"{serving.rest_url}/v2/models/{bundle.manifest.model}/infer"
        answer = httpx.post(url, json=v2_request(schema, rows))
    answer.raise_for_status()
    found: list[float] = answer.json()["outputs"][0]["data"]
    return found


def _strict_topics(broker: KafkaBroker) -> Topics:
    """An output of the kinds that refuse a whole batch for one message."""
    topics = Topics("poison-customers", "poison-scores", "poison-dead")
    broker.create_topics({topics.input: PARTITIONS}, {"message.timestamp.after.max.ms": str(2 * DAY_MS)})
    broker.create_topics({topics.output: PARTITIONS}, {"max.message.bytes": "60000", "cleanup.policy": "compact"})
    broker.create_topics({topics.dead_letter: 1})
    return topics


def _with_poison(rows: list[Row], schema: FeatureSchema) -> list[Sent]:
    """5,000, of which every hundredth cannot be scored or, NO_KEY_AT and TOO_LARGE_AT, not be answered."""
    messages = _messages(rows, 5_000)
    forms = list(poisons(rows[0], schema).values())
    for number in range(50):
        form = forms[number % len(forms)]
        messages[number * 100] = Sent(form.body, b"poison-%d" % number, form.headers or ())
    messages[NO_KEY_AT] = Sent(messages[3].value, None)
    messages[TOO_LARGE_AT] = Sent(messages[3].value, b"large", [("ce_note", b"x" * 70_000)])
    messages[1] = Sent(orjson.dumps(v2_request(schema, rows[:3], id="r1")), b"v2", V2_HEADERS)
    messages[2] = Sent(messages[2].value, b"event", [("ce_id", b"e1"), ("other", b"x")], timestamp=1_600_000_000_000)
    messages[3] = replace(messages[3], timestamp=int(time.time() * 1_000) + DAY_MS)
    return messages


def _word(operator: TrafficServer, bundle: Bundle) -> Traffic:
    """A canary of the same trees under another bundle's name."""
    content = change(packed(bundle, VERSION).content, lambda opened: opened.header.update(digest=OTHER))
    operator.files["/table"] = content
    table = OfferedTable(sha256=digest_of(content), digest=OTHER, version="8", sources=(f"{operator.base}/table",))
    return Traffic(generation=1, tables=(table,), candidate=table.sha256, weight=100)


def _state(worker: StreamWorker) -> State:
    return State.read(httpx.get(f"{worker.metrics_url}/state", timeout=30).content)


def _metrics(worker: StreamWorker) -> str:
    return httpx.get(f"{worker.metrics_url}/metrics", timeout=30).text


def _assert_counted(state: State, bundle: Bundle) -> None:
    """For the operator; two of the 50 dead letters were answers."""
    counted = state.serving
    assert counted and (counted.answers, counted.failures, counted.not_scores) == (4_952, 50, 0)
    assert (state.digest, state.version) == (bundle.digest, VERSION)
    # The candidate has scored each row, and answered none.
    assert [(pair.other, pair.rows) for pair in state.pairs] == [(OTHER, counted.rows)]


def test_answers_are_rests_and_dead_letters_are_the_poison(
    broker: KafkaBroker,
    bundle: Bundle,
    telco_schema: FeatureSchema,
    rows: list[Row],
    operator: TrafficServer,
    tmp_path: Path,
) -> None:
    topics = _strict_topics(broker)
    messages = _with_poison(rows, telco_schema)
    login = {"ca.crt": None, "username": USER, "password": f"{PASSWORD}\n", "mechanism": "SCRAM-SHA-512"}
    secret = broker.security.secret(tmp_path / "secret", login)
    options = ["--output-value", "decision", "--credentials", str(secret), "--traffic", operator.url]
    operator.word = _word(operator, bundle)
    messages[3] = replace(messages[3], timestamp=int(time.time() * 1_000) + DAY_MS)
    worker = StreamWorker(bundle, broker.by_login, topics, tmp_path / "worker.log", options)
    dead, answers = Reader(broker.brokers, topics.dead_letter, 1), Reader(broker.brokers, topics.output, PARTITIONS)
    with dead, answers, worker:
        eventually(lambda: succeeds(f"{worker.metrics_url}/live") and _state(worker).in_force, SECONDS)
        places = send(broker.brokers, topics.input, messages)
        eventually(lambda: len(answers.read()) >= 4_950, SECONDS)
        eventually(lambda: len(dead.read()) >= 50, SECONDS)
        group = f"of-{topics.output}"
        # No partition waits: everything is committed.
        eventually(lambda: committed(broker.brokers, group, topics.input, PARTITIONS) == 5_000, SECONDS)
        assert succeeds(f"{worker.metrics_url}/live")
        told = eventually(lambda: (text := _metrics(worker)) * (_NO_LAG in text), SECONDS)
        _assert_counted(_state(worker), bundle)
        assert worker.end() == 0
        dead.read()
        answers.read()
    poisoned = {places[number * 100] for number in range(50)}
    assert Counter(map(source_of, dead.messages)) == Counter(poisoned)
    assert record("stream_poison_forms", len(poisons(rows[0], telco_schema)) + 2, "", ">= 20").holds
    told_of = {source_of(message): headers_of(message)["churn-error"].decode() for message in dead.messages}
    assert [told_of[places[at]] for at in (NO_KEY_AT, TOO_LARGE_AT)] == [NO_KEY, TOO_LARGE]
    assert {place: count for place, count in Counter(map(source_of, answers.messages)).items() if count != 1} == {}
    by_place = {source_of(message): message for message in answers.messages}
    assert by_place.keys() == set(places) - poisoned
    assert "churnserve_stream_dead_letters_total 50.0" in told
    assert "churnserve_stream_scored_messages_total 4952.0" in told

    expected = _rest_answers(bundle, tmp_path / "server.log", rows, telco_schema)
    worst = 0.0
    for number, place in enumerate(places):
        if place in poisoned or number == 1:
            continue
        answer = orjson.loads(value_of(by_place[place]))
        worst = max(worst, abs(answer["churn_probability"] - expected[number % len(rows)]))
    v2 = orjson.loads(value_of(by_place[places[1]]))
    assert (v2["id"], v2["model_version"]) == ("r1", VERSION)
    worst = max(worst, *(abs(a - b) for a, b in zip(v2["outputs"][0]["data"], expected[:3], strict=True)))
    assert record("stream_rest_difference", worst, "", "<= 1e-12").holds

    event = by_place[places[2]]
    answer = orjson.loads(value_of(event))
    assert (answer["version"], answer["digest"], type(answer["decision"])) == (VERSION, bundle.digest, bool)
    headers = headers_of(event)
    assert (headers["ce_id"], headers["churn-digest"]) == (b"e1", bundle.digest.encode())
    assert "other" not in headers
    assert (event.key(), event.timestamp()[1]) == (b"event", 1_600_000_000_000)
    # A timestamp that the output topic would refuse is not kept.
    assert abs(by_place[places[3]].timestamp()[1] - time.time() * 1_000) < DAY_MS / 2


CERTIFICATE: Mapping[str, str | None] = {"ca.crt": None, "tls.crt": None, "tls.key": None}
DOORS: dict[str, tuple[Mapping[str, str | None], str | None]] = {
    "a certificate of the authority's": (CERTIFICATE, None),
    "a wrong password": ({"ca.crt": None, "username": USER, "password": "guess"}, "Authentication failed"),
    "an authority that is not the broker's": ({"username": USER, "password": PASSWORD}, "certificate verify failed"),
}


def test_who_is_let_in_and_who_is_told_why_not(broker: KafkaBroker, tmp_path: Path) -> None:
    def told(name: str) -> str:
        files, refused = DOORS[name]
        address = broker.by_login if refused else broker.by_certificate
        client = read_credentials(broker.security.secret(tmp_path / name, files))
        settings = StreamSettings(address, Topics("i", "o", "d"), "group", client=client)
        with pytest.raises(StreamUnavailable) as raised:
            Administration(client_configuration(settings), Life()).require_topics(["i", "o", "d"])
        return str(raised.value)

    # All at once: whoever is not let in tries for some seconds.
    with ThreadPoolExecutor() as threads:
        found = dict(zip(DOORS, threads.map(told, DOORS), strict=True))
    for name, (_, refused) in DOORS.items():
        assert (refused or "there is no topic d, i, o") in found[name]


def _counted(sidecar: RunningSidecar, rows: int) -> Report:
    """What it reports once it has counted so many."""
    said = sidecar.report()
    assert said.rows >= rows
    return said


def test_a_drift_sidecar_counts_what_is_scored_and_no_end_of_it_stops_a_worker(
    broker: KafkaBroker, bundle: Bundle, rows: list[Row], tmp_path: Path
) -> None:
    topics, tap = Topics("tapped-customers", "tapped-scores", "tapped-dead"), tmp_path / "tap.sock"
    broker.create_topics({topics.input: 1, topics.output: 1, topics.dead_letter: 1})
    # Of larger batches the tap takes 8 rows.
    options = ["--tap", str(tap), "--max-batch", "8"]
    odd = {**rows[0], "Contract": "Lifetime"}
    messages = [Sent(orjson.dumps(row), b"customer") for row in (*rows[:399], odd)]
    answers = Reader(broker.brokers, topics.output, 1)
    with answers, StreamWorker(bundle, broker.brokers, topics, tmp_path / "worker.log", options):
        with drift_sidecar(bundle, tap, tmp_path / "sidecar.log") as sidecar:
            send(broker.brokers, topics.input, messages)
            said = eventually(lambda: _counted(sidecar, 400), SECONDS)
            contract = said.features["Contract"]
            assert isinstance(contract, CategoricalCounts)
            assert (said.digest, said.rows, contract.unseen, said.dropped) == (bundle.digest, 400, 1, {})
            eventually(lambda: len(answers.read()) >= 400, SECONDS)
            scores = [orjson.loads(value_of(answer))["churn_probability"] for answer in answers.messages]
            known = RowCounter(bundle.schema(), bundle.reference())
            known.add(np.zeros((400, len(bundle.schema().names)), dtype=np.float32), {}, np.array(scores))
            assert said.scores.bins == known.counts().scores.bins
            os.kill(sidecar.process.pid, signal.SIGKILL)
            send(broker.brokers, topics.input, messages)
            eventually(lambda: len(answers.read()) >= 800, SECONDS)
        with drift_sidecar(bundle, tap, tmp_path / "next.log") as sidecar:
            send(broker.brokers, topics.input, messages[:1])
            said = eventually(lambda: _counted(sidecar, 1), SECONDS)
            # The one before may have taken some on its way down.
            assert said.rows == 1 and 0 < said.dropped["no_sidecar"] <= 400


def test_the_demo_shows_a_killed_worker_and_loses_nothing(broker: KafkaBroker, tmp_path: Path) -> None:
    world = World.trained(tmp_path, time.time())
    with RedisServer(tmp_path / "redis") as redis:
        counted = Story(broker, redis, world, tmp_path).tell(per_second=500, phase_seconds=2)
    assert counted.lost == 0
    assert counted.dead == counted.written // 500 > 0
    assert counted.picture.read_bytes().startswith(b"\x89PNG")
