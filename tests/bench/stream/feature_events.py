"""`make bench-stream-features`: events a second that one core of a worker takes into states in Redis. A minute.

Counted by the worker's own processor time from the first event to the last, its client of Kafka included: the broker
and Redis have the other core.
"""

import random
import shutil
import sys
from pathlib import Path

import httpx
import orjson
from churn_models.ensemble_spec import load_ensemble
from churn_runtimes.stream.settings import Topics
from churn_training.progress import step
from prometheus_client.parser import text_string_to_metric_families
from support.eventually import eventually
from support.figures import record, table
from support.kafka_broker import KafkaBroker
from support.kafka_topics import Sent, send
from support.redis_server import RedisServer
from support.stream_worker import StreamWorker
from support.streaming_bundle import streaming_bundle

_SCRATCH = Path("build/bench-stream-features")
_EVENTS = 200_000
_CUSTOMERS = 20_000
_PARTITIONS = 4
_SECONDS = 300
_CORE, _COUNT = "process_cpu_seconds", "churnserve_stream_events"


def main() -> None:
    """Measure and record."""
    shutil.rmtree(_SCRATCH, ignore_errors=True)
    folder = _SCRATCH.resolve()
    with step("a bundle with features of the stream"):
        bundle = streaming_bundle(load_ensemble(Path("models/telco"))[1], folder / "bundle")
    with KafkaBroker(folder / "kafka") as broker, RedisServer(folder / "redis") as redis:
        topics = Topics("in", "out", "dead")
        broker.create_topics({"in": _PARTITIONS, "out": _PARTITIONS, "events": _PARTITIONS, "dead": 1})
        options = ["--events", "events", "--state", redis.url]
        with StreamWorker(bundle, broker.brokers, topics, folder / "worker.log", options) as worker:
            worker.wait_assigned()
            # The first batches make what the later ones find made.
            send(broker.brokers, "events", _events(10_000))
            before = _when_taken(worker, 10_000)
            with step(f"{_EVENTS} events"):
                send(broker.brokers, "events", _events(_EVENTS))
                seconds = _when_taken(worker, 10_000 + _EVENTS) - before
    figure = record("stream_feature_events_per_s", _EVENTS / seconds, "events/s", ">= 25000")
    print(table([figure]))
    sys.exit(not figure.holds)


def _events(count: int) -> list[Sent]:
    chance = random.Random(count)
    return [
        Sent(
            orjson.dumps({"minutes": round(chance.expovariate(0.1), 3), "support": int(chance.random() < 0.2)}),
            b"customer-%d" % chance.randrange(_CUSTOMERS),
            timestamp=1_700_000_000_000 + 100 * number,
        )
        for number in range(count)
    ]


def _when_taken(worker: StreamWorker, events: int) -> float:
    """The worker's processor seconds when so many are in states."""
    eventually(lambda: _metric(worker, _COUNT) >= events, _SECONDS)
    return _metric(worker, _CORE)


def _metric(worker: StreamWorker, name: str) -> float:
    told = httpx.get(f"{worker.metrics_url}/metrics", timeout=30).text
    return next(family.samples[0].value for family in text_string_to_metric_families(told) if family.name == name)


if __name__ == "__main__":
    main()
