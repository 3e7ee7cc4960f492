"""What a stream goes through, under a steady load: scaled, a worker killed, one ended, broker and Redis restarted.

Both ways of delivery go through it at the same time, each on topics of its own.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import orjson
import pytest
from churn_models.feature_schema import FeatureSchema
from churn_runtimes.stream.settings import Delivery
from support.demo_drift_world import SMALL
from support.eventually import eventually
from support.figures import record
from support.kafka_broker import SHIPPED_SESSION_MS, KafkaBroker
from support.kafka_topics import Sent, send
from support.redis_server import RedisServer
from support.stream_features import STREAM
from support.stream_fleet import Fleet, Place
from support.stream_messages import customers
from support.streaming_bundle import streaming_bundle

PARTITIONS = 8
MESSAGES = 120_000
PER_SECOND = 3_000
EVENTS = 10_000
SECONDS = 120
KILL_GAP_SECONDS = 12
SIGTERM_GAP_SECONDS = 2


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    with KafkaBroker(tmp_path / "broker", session_ms=SHIPPED_SESSION_MS) as running:
        yield running


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as running:
        yield running


def test_nothing_is_lost_and_nobody_waits_long(
    broker: KafkaBroker, redis: RedisServer, telco_schema: FeatureSchema, tmp_path: Path
) -> None:
    bundle = streaming_bundle(telco_schema, tmp_path / "bundles", spec=SMALL)
    states = ["--events", _topic_of_events(broker), "--state", redis.url]
    with ExitStack() as running:
        place = Place(running, broker, PARTITIONS, tmp_path)
        with_states = Fleet(place, bundle, Delivery.AT_LEAST_ONCE, states)
        exactly_once = Fleet(place, bundle, Delivery.EXACTLY_ONCE)
        both = (with_states, exactly_once)
        gaps = _live(both, broker, redis, _bodies(telco_schema))
    assert record("stream_lost", sum(fleet.lost() for fleet in both), "", "<= 0").holds
    assert record("stream_duplicates", exactly_once.repeated(), "", "<= 0").holds
    assert [fleet.unrecognisable() for fleet in both] == [0, 0]
    record("stream_kill_gap_s", gaps["kill -9"], "s", f"<= {KILL_GAP_SECONDS}")
    record("stream_sigterm_gap_s", gaps["SIGTERM"], "s", f"<= {SIGTERM_GAP_SECONDS}")
    # Six workers start and end on two cores; what the bars are there to find takes a session's time or more.
    assert gaps["kill -9"] <= 2 * KILL_GAP_SECONDS
    assert gaps["SIGTERM"] <= 2 * SIGTERM_GAP_SECONDS


def _live(both: Sequence[Fleet], broker: KafkaBroker, redis: RedisServer, bodies: Sequence[bytes]) -> dict[str, float]:
    """Everything that happens. Gives, by what it was, how long a partition had no answer at most."""
    gaps: dict[str, float] = {}

    def happens(what: str, *deeds: Callable[[], object], joining: str | None = None) -> None:
        since = time.time()
        for deed in deeds:
            deed()
        done = time.time()
        for fleet in both:
            fleet.catch_up(done)
        gaps[what] = max(fleet.answers.longest_gap(since) for fleet in both)
        for fleet in both if joining else ():
            fleet.workers[str(joining)].wait_assigned()
            fleet.catch_up()

    for fleet in both:
        fleet.start("0")
        fleet.start("1")
    for fleet in both:
        fleet.wait_assigned()
    with ExitStack() as loading:
        happens("load", *(partial(fleet.load, loading, bodies, PER_SECOND) for fleet in both))
        happens("scale 2 to 3", *(partial(fleet.start, "2") for fleet in both), joining="2")
        happens("kill -9", *(partial(fleet.kill_and_restart, "0") for fleet in both), joining="0")
        happens("SIGTERM", *(partial(fleet.end, "1") for fleet in both))
        happens("Redis restart", redis.stop, redis.start)
        happens("broker restart", broker.stop, broker.start)
        eventually(lambda: min(fleet.writer.sent for fleet in both) >= MESSAGES, SECONDS)
    for fleet in both:
        fleet.finish()
    return gaps


def _bodies(schema: FeatureSchema) -> list[bytes]:
    """Customers; where no events are read, messages bring the features of the stream."""
    brought = {feature.name: 1.5 for feature in STREAM}
    return [orjson.dumps({**row, **brought}) for row in customers(schema, 500)]


def _topic_of_events(broker: KafkaBroker) -> str:
    """Every twelfth customer has an event of an hour ago."""
    broker.create_topics({"events": PARTITIONS})
    body, at = orjson.dumps({"minutes": 3.5, "support": 1}), int(time.time() - 3_600) * 1_000
    whose = range(0, MESSAGES, MESSAGES // EVENTS)
    send(broker.brokers, "events", [Sent(body, b"customer-%d" % number, timestamp=at) for number in whose])
    return "events"
