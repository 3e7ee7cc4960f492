"""`make demo-stream`: Kafka in, Kafka out in one terminal, without a cluster, in three minutes at most.

Real are the training, Kafka's broker, Redis, the workers and the load: customers and their events are written at their
time, whatever happens. One worker is killed in the middle and started again, as Kubernetes does it.
"""

import shutil
import signal
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from churn_runtimes.stream.settings import Topics
from support.demo_stream_picture import Happened, draw
from support.demo_stream_world import World
from support.eventually import eventually
from support.kafka_broker import MEASURED, KafkaBroker
from support.kafka_topics import Reader, send, source_of
from support.paced_stream import AnswerClock, PacedWriter
from support.redis_server import RedisServer
from support.stream_worker import StreamWorker

_SCRATCH = Path("build/demo-stream")
_PER_SECOND = 2_000
_PHASE_SECONDS = 12
_PARTITIONS = 8
_EVENTS = "demo-events"
_PATIENCE_SECONDS = 120


def main() -> None:
    """Train, start a broker, tell the story."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    shutil.rmtree(_SCRATCH, ignore_errors=True)
    folder = _SCRATCH.resolve()
    world = World.trained(folder, time.time())
    print("a broker starts, Apache Kafka 4.4, and Redis for what is known of each customer", flush=True)
    with KafkaBroker(folder / "kafka", MEASURED) as broker, RedisServer(folder / "redis") as redis:
        counted = Story(broker, redis, world, folder).tell(_PER_SECOND, _PHASE_SECONDS)
    print(
        f"{counted.events:,} events were written, {len(world.history):,} of them two months of history, and became "
        "features of the customers"
    )
    print(
        f"{counted.written:,} written, {counted.scored:,} scored and {counted.dead} dead letters; "
        f"{counted.lost} lost, {counted.repeated} answered once more, which their churn-source says"
    )
    print(f"done in {time.monotonic() - started:.0f} s; the picture is {_SCRATCH / counted.picture.name}")


@dataclass(frozen=True)
class Counted:
    """Messages, once all that are good were answered. `lost` has neither score nor dead letter."""

    written: int
    scored: int
    dead: int
    repeated: int
    events: int
    picture: Path

    @property
    def lost(self) -> int:
        """Of those that were written."""
        return self.written - self.scored - self.dead


class Story:
    """Two workers under load, and what a killed one means for those who wait."""

    def __init__(self, broker: KafkaBroker, redis: RedisServer, world: World, folder: Path) -> None:
        self._broker, self._redis, self._world, self._folder = broker, redis, world, folder
        self._topics = Topics("demo-customers", "demo-scores", "demo-dead")
        self._happened: list[Happened] = []

    def tell(self, per_second: float, phase_seconds: int) -> Counted:
        """Three phases: all is well, a worker is killed, it is back. Raises ProcessFailed or TimeoutError."""
        topics, brokers, world = self._topics, self._broker.brokers, self._world
        self._broker.create_topics({topics.input: _PARTITIONS, topics.output: _PARTITIONS, topics.dead_letter: 1})
        # Kafka would remove what is older than a week.
        self._broker.create_topics({_EVENTS: _PARTITIONS}, {"retention.ms": "-1"})
        send(brokers, _EVENTS, world.history)
        with ExitStack() as running:
            first, second = (running.enter_context(self._worker(name)) for name in ("first", "second"))
            first.wait_assigned()
            second.wait_assigned()
            self._clock = running.enter_context(AnswerClock(brokers, topics.output, _PARTITIONS))
            self._dead = running.enter_context(Reader(brokers, topics.dead_letter, 1))
            with (
                world.go_on(brokers, _EVENTS, per_second / 2) as self._events,
                PacedWriter(brokers, topics.input, world.bodies, per_second, world.keys) as self._writer,
            ):
                self._phase("two workers", phase_seconds)
                first.kill()
                # As the kubelet does it; loading the model takes its time.
                again = running.enter_context(self._worker("first again"))
                self._phase("one is killed", phase_seconds)
                again.wait_assigned()
                self._phase("it is back", phase_seconds)
            return self._counted()

    def _worker(self, name: str) -> StreamWorker:
        log = self._folder / f"{name.replace(' ', '-')}.log"
        options = ["--events", _EVENTS, "--state", self._redis.url]
        return StreamWorker(self._world.bundle, self._broker.brokers, self._topics, log, options)

    def _phase(self, told: str, seconds: int) -> None:
        self._happened.append(Happened(time.time(), told))
        print(f"\n{told}", flush=True)
        for _ in range(seconds):
            written, events, answered = self._writer.sent, self._events.sent, self._clock.count
            time.sleep(1)
            self._show(self._writer.sent - written, self._events.sent - events, answered)

    def _show(self, written: int, events: int, before: int) -> None:
        _, waits = self._clock.waits(before)
        dead = len(self._dead.read(0))
        waiting = max(0, self._writer.sent - self._clock.count - dead)
        told = f"events {events:6,}/s  written {written:6,}/s  answered {len(waits):6,}/s  waiting {waiting:6,}"
        if len(waits):
            p50, p99 = np.percentile(waits, [50, 99])
            told += f"  p50 {p50:6,.0f} ms  p99 {p99:6,.0f} ms"
        print(f"  {told}  dead letters {dead}", flush=True)

    def _counted(self) -> Counted:
        """Once everything that was written has an answer or a dead letter."""
        written = self._writer.sent
        with Reader(self._broker.brokers, self._topics.output, _PARTITIONS) as answers:
            seen: Counter[str] = Counter()

            def all_there() -> bool:
                place = len(answers.messages)
                seen.update(map(source_of, answers.read()[place:]))
                return len(seen) + len({*map(source_of, self._dead.read(0))}) >= written

            eventually(all_there, _PATIENCE_SECONDS)
        picture = self._folder / "latency.png"
        draw(picture, *self._clock.waits(), self._happened)
        dead = len({*map(source_of, self._dead.messages)})
        events = len(self._world.history) + self._events.sent
        return Counted(written, len(seen), dead, seen.total() - len(seen), events, picture)


if __name__ == "__main__":
    main()
