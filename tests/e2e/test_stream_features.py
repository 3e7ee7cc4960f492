"""Features from events on a real broker and a real Redis: what a replay gives, whatever happens in mid-stream."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

import httpx
import numpy as np
import orjson
import pytest
from churn_models.bundle import Bundle
from churn_models.encoding import encode
from churn_models.exit_code import ExitCode
from churn_models.feature_schema import FeatureSchema
from churn_models.stream_features.event import EventReader
from churn_models.stream_features.functions import apply, features
from churn_models.stream_features.layout import StateLayout
from churn_runtimes.evaluator.load import load_evaluator
from churn_runtimes.state.address import Address
from churn_runtimes.state.errors import StateUnavailable
from churn_runtimes.state.keys import Namespace
from churn_runtimes.state.reader import StateReader
from churn_runtimes.stream.settings import Delivery, Topics
from support.eventually import eventually
from support.figures import record
from support.kafka_broker import KafkaBroker
from support.kafka_topics import Reader, Sent, headers_of, send, source_of, value_of
from support.redis_server import WORKER_RIGHTS, RedisServer
from support.stream_messages import customers
from support.stream_worker import StreamWorker
from support.streaming_bundle import streaming_bundle

PARTITIONS = 4
CUSTOMERS = 400
EVENTS = 20_000
MESSAGES = 6_000
SECONDS = 300
PAUSES = 5
BEGIN = 1_700_000_000_000
PASSWORD, WRONG = "not so secret", "guessed"
_POISON = b'{"minutes": "many"}'


@dataclass(frozen=True)
class Story:
    """What is sent, each in the order of its time."""

    events: Sequence[Sent]
    messages: Sequence[Sent]


class Pod:
    """One worker after the other; `ends_by_itself`: after a transaction that was lost Kafka's client may not go on."""

    def __init__(self, start: Callable[[str], StreamWorker], ends_by_itself: bool) -> None:
        self._start = start
        self._ends_by_itself = ends_by_itself
        self._restarts = 0
        self.worker = start("first.log")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.end()

    def restart(self) -> None:
        """After it has ended, as the kubelet does."""
        self._restarts += 1
        self.worker = self._start(f"restart-{self._restarts}.log")

    def goes_on(self) -> bool:
        """Again, where it may have ended."""
        if self._ends_by_itself and not self.worker.is_running:
            self.restart()
        return True


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    with KafkaBroker(tmp_path_factory.mktemp("kafka") / "broker") as running:
        yield running


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """With a user of the workers' rights beside the one that tests use."""
    user = ["--user", "worker", "on", f"#{sha256(PASSWORD.encode()).hexdigest()}", *WORKER_RIGHTS]
    with RedisServer(tmp_path / "redis", user) as running:
        yield running


def _login(redis: RedisServer, folder: Path, password: str = PASSWORD) -> list[str]:
    folder.mkdir()
    for name, content in (("username", "worker"), ("password", password)):
        (folder / name).write_text(content, encoding="utf-8")
    return ["--state", redis.url, "--state-credentials", str(folder)]


@pytest.fixture(scope="module")
def streaming(telco_schema: FeatureSchema, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return streaming_bundle(telco_schema, tmp_path_factory.mktemp("streaming"))


@pytest.fixture(scope="module")
def story(telco_schema: FeatureSchema) -> Story:
    rows = [orjson.dumps(row) for row in customers(telco_schema, 100)]
    chance = random.Random(1)
    times = sorted(chance.randrange(BEGIN, BEGIN + 40 * 86_400_000) for _ in range(EVENTS + MESSAGES))
    events: list[Sent] = []
    messages: list[Sent] = []
    kinds = [True] * EVENTS + [False] * MESSAGES
    chance.shuffle(kinds)
    for at, is_event in zip(times, kinds, strict=True):
        customer = b"c%d" % int(chance.triangular(0, CUSTOMERS, 0))
        if not is_event:
            messages.append(Sent(chance.choice(rows), customer, timestamp=at))
            continue
        body: dict[str, Any] = {"minutes": round(chance.expovariate(0.1), 3)}
        if chance.random() < 0.2:
            body["support"] = 1
        if chance.random() < 0.05:
            body["time"] = at / 1000 - chance.expovariate(1e-5)  # late, some of them by days
        events.append(Sent(_POISON if len(events) % 1_000 == 999 else orjson.dumps(body), customer, timestamp=at))
    return Story(events, messages)


def _replayed(story: Story, layout: StateLayout, offsets: Sequence[int]) -> tuple[dict[bytes, bytes], list[Any]]:
    """By the two functions, one event after the other: the last states, and the features of each message."""
    reader = EventReader(layout.fields, None)
    states: dict[bytes, bytes] = {}
    rows = []
    events = iter(zip(story.events, offsets, strict=True))
    following = next(events, None)
    for message in story.messages:
        while following is not None and following[0].timestamp <= message.timestamp:
            _apply(states, layout, reader, *following)
            following = next(events, None)
        rows.append(features(layout, states.get(message.key or b""), message.timestamp / 1000))
    while following is not None:
        _apply(states, layout, reader, *following)
        following = next(events, None)
    return states, rows


def _apply(states: dict[bytes, bytes], layout: StateLayout, reader: EventReader, sent: Sent, offset: int) -> None:
    if sent.value != _POISON:
        event = reader.read(sent.value, key=sent.key, timestamp=sent.timestamp, offset=offset)
        key = sent.key or b""
        states[key] = apply(layout, states.get(key), event)


def _scores(bundle: Bundle, story: Story, stream: Sequence[Any]) -> list[float]:
    schema = bundle.schema()
    names = [feature.name for feature in schema.stream]
    given = [orjson.loads(message.value or b"") for message in story.messages]
    columns: dict[str, Any] = {name: [row.get(name) for row in given] for name in schema.names}
    columns |= dict(zip(names, np.array(stream, dtype=np.float32).T, strict=True))
    found: list[float] = load_evaluator(bundle).score(encode(schema, columns).matrix).ensemble.tolist()
    return found


def _stored(bundle: Bundle, url: str, keys: Sequence[bytes], name: str | None = None) -> dict[bytes, bytes | None]:
    """As servers read them: the workers have told the store of the events' topic."""
    layout = StateLayout.of(bundle.schema().stream)
    reader = StateReader(Address(url), Namespace(name or bundle.manifest.model, layout.digest.hex()), 5)
    found = reader.read(keys)
    reader.close()
    assert all(one.record is not None and one.record.is_current for one in found)
    return {key: one.states[0] for key, one in zip(keys, found, strict=True)}


def _sources(reader: Reader) -> Counter[str]:
    return Counter(map(source_of, reader.read(0.05)))


def _lose_a_transaction(worker: StreamWorker, broker: KafkaBroker) -> None:
    """The group takes the worker for dead while it stands still, in most moments in the middle of a transaction."""
    for _ in range(PAUSES):
        _pause_until_lost(worker, broker)
        if "a transaction was given up" in worker.log:
            return
    raise AssertionError(f"no transaction was open in {PAUSES} pauses")


def _pause_until_lost(worker: StreamWorker, broker: KafkaBroker) -> None:
    assigned = worker.assignments
    worker.pause()
    eventually(lambda: broker.members(worker.group) == 0, SECONDS)
    worker.go_on()
    eventually(lambda: worker.assignments > assigned or not worker.is_running, SECONDS)


@pytest.mark.parametrize("delivery", Delivery)
def test_whatever_happens_to_redis_and_workers_answers_and_states_are_those_of_a_replay(
    broker: KafkaBroker, redis: RedisServer, streaming: Bundle, story: Story, tmp_path: Path, delivery: Delivery
) -> None:
    name = f"features-{delivery}"
    topics = Topics(f"{name}-in", f"{name}-out", f"{name}-dead")
    events = f"{name}-events"
    broker.create_topics(
        {topics.input: PARTITIONS, topics.output: PARTITIONS, events: PARTITIONS, topics.dead_letter: 1}
    )
    event_places = send(broker.brokers, events, story.events)
    places = send(broker.brokers, topics.input, story.messages)
    # Small batches, so that transactions are many and nearly always one is open.
    once = ["--transactional-id", "w", "--max-batch", "20"] if delivery is Delivery.EXACTLY_ONCE else []
    login = _login(redis, tmp_path / "secret")
    options = ["--events", events, *login, "--delivery", delivery.value, *once]

    layout = StateLayout.of(streaming.schema().stream)
    states, stream = _replayed(story, layout, [int(place.rsplit("/", 1)[1]) for place in event_places])

    with ExitStack() as running:
        answers = running.enter_context(Reader(broker.brokers, topics.output, PARTITIONS))
        dead = running.enter_context(Reader(broker.brokers, topics.dead_letter, 1))

        def start(log: str) -> StreamWorker:
            return StreamWorker(streaming, broker.brokers, topics, tmp_path / log, options)

        pod = running.enter_context(Pod(start, delivery is Delivery.EXACTLY_ONCE))

        def until(count: int) -> None:
            eventually(lambda: pod.goes_on() and len(_sources(answers)) >= count, SECONDS)

        until(MESSAGES // 20)
        if delivery is Delivery.EXACTLY_ONCE:
            _lose_a_transaction(pod.worker, broker)
        with redis.client() as client:
            client.flushall()
        until(MESSAGES // 5)
        redis.stop()
        worker = pod.worker
        assert eventually(lambda: httpx.get(f"{worker.metrics_url}/ready").status_code == 503, SECONDS)
        assert httpx.get(f"{worker.metrics_url}/live").status_code == 200
        redis.start()
        until(MESSAGES // 2)
        pod.worker.kill()
        pod.restart()
        until(MESSAGES)
        worker = pod.worker
        eventually(lambda: len(dead.read(0.05)) >= EVENTS // 1_000, SECONDS)
        assert httpx.get(f"{worker.metrics_url}/ready").status_code == 200
        eventually(lambda: _stored(streaming, redis.url, list(states)) == states, SECONDS)
        assert worker.end() == 0
        seen = _sources(answers)

    assert seen.keys() == set(places)
    assert {source_of(message) for message in dead.messages} == set(event_places[999::1_000])
    assert b"minutes" in headers_of(dead.messages[0])["churn-error"]
    expected = dict(zip(places, _scores(streaming, story, stream), strict=True))
    wrong = [
        source
        for message in answers.messages
        if orjson.loads(value_of(message))["churn_probability"] != expected[source := source_of(message)]
    ]
    assert not wrong, f"{len(wrong)} of {len(answers.messages)}, such as {wrong[:5]}"
    assert _stored(streaming, redis.url, list(states)) == states
    if delivery is Delivery.EXACTLY_ONCE:
        assert record("stream_feature_duplicates", seen.total() - len(seen), "", "<= 0").holds


def _minutes(bundle: Bundle, url: str, name: str | None = None) -> set[tuple[float, float]]:
    """How many calls each customer had in a month, and how long the last one was."""
    names = [feature.name for feature in bundle.schema().stream]
    layout = StateLayout.of(bundle.schema().stream)
    try:
        states = _stored(bundle, url, [b"c%d" % number for number in range(20)], name).values()
    except (StateUnavailable, AssertionError):
        return set()
    found = (features(layout, state, BEGIN / 1_000 + 60) for state in states)
    return {(float(row[names.index("calls_30d")]), float(row[names.index("last_minutes")])) for row in found}


def test_states_are_of_one_topic_and_of_one_name(
    broker: KafkaBroker, redis: RedisServer, streaming: Bundle, tmp_path: Path
) -> None:
    topics = Topics("own-in", "own-out", "own-dead")
    broker.create_topics({topics.input: PARTITIONS, topics.output: PARTITIONS, topics.dead_letter: 1})

    def events(topic: str, calls: int, minutes: int) -> None:
        broker.create_topics({topic: PARTITIONS})
        body = orjson.dumps({"minutes": minutes})
        send(broker.brokers, topic, [Sent(body, b"c%d" % (n % 20), timestamp=BEGIN + n) for n in range(20 * calls)])

    def worker(log: str, topic: str, *more: str) -> StreamWorker:
        options = ["--events", topic, "--state", redis.url, *more]
        return StreamWorker(streaming, broker.brokers, topics, tmp_path / log, options)

    events("own-events", calls=6, minutes=1)
    with worker("before", "own-events") as before:
        eventually(lambda: _minutes(streaming, redis.url) == {(6, 1)}, SECONDS)
        # The client reads on in the new one, at an offset that it has not.
        broker.remove_topic("own-events")
        events("own-events", calls=2, minutes=5)
        assert eventually(lambda: not before.is_running, SECONDS)
    with worker("anew", "own-events"):
        eventually(lambda: _minutes(streaming, redis.url) == {(2, 5)}, SECONDS)
    events("own-others", calls=3, minutes=7)
    with worker("staging", "own-others", "--state-name", "staging"):
        eventually(lambda: _minutes(streaming, redis.url, "staging") == {(3, 7)}, SECONDS)
    assert _minutes(streaming, redis.url) == {(2, 5)}
    with worker("others", "own-others"):
        eventually(lambda: _minutes(streaming, redis.url) == {(3, 7)}, SECONDS)


def test_a_worker_whose_password_the_store_does_not_take_ends_and_says_so(
    broker: KafkaBroker, redis: RedisServer, streaming: Bundle, tmp_path: Path
) -> None:
    topics = Topics("denied-in", "denied-out", "denied-dead")
    broker.create_topics({topics.input: 1, topics.output: 1, topics.dead_letter: 1, "denied-events": 1})
    options = ["--events", "denied-events", *_login(redis, tmp_path / "secret", WRONG)]
    with StreamWorker(streaming, broker.brokers, topics, tmp_path / "log", options) as worker:
        assert eventually(lambda: not worker.is_running, SECONDS)
        assert worker.end() == ExitCode.UNAVAILABLE
        *_, last = worker.log.splitlines()
    assert last.startswith("error (StateDenied): the state store does not take the user or the password")
    assert WRONG not in worker.log
